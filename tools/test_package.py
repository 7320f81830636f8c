"""The wheel in an empty environment, an empty folder and without a network: what is in it, what it does, what importing it does.

The packages that it needs are those of this environment; arguments name others, to be fetched: `tools/test_package.py 'fastcore>=2'`."""
import configparser, os, subprocess, sys, sysconfig, tempfile, venv, zipfile
from pathlib import Path
from test_editing import ROOT, Copy

MODULES = sorted(p.stem for p in (ROOT/'makemore_lit').glob('[!_]*.py'))
(config := configparser.ConfigParser(delimiters=['='])).read(ROOT/'settings.ini', encoding='utf-8')
COMMANDS = [line.split('=')[0] for line in config['DEFAULT']['console_scripts'].split()]
INERT = '''
import os, random, socket, sys, threading, time
import torch, matplotlib
start = time.perf_counter()
opened = lambda *args: sys.exit(f"{args} was opened")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = opened
state, drawn = torch.get_rng_state(), random.getstate()
def watch(event, args):
    if event=='open' and args[1] and set('wax+') & set(args[1]) and '__pycache__' not in str(args[0]): sys.exit(f"{args} was written")
    if event in ('socket.connect', 'os.mkdir', 'os.remove', 'os.rename'): sys.exit(f"{event} {args}")
sys.addaudithook(watch)
import makemore_lit.MODULE
assert torch.equal(state, torch.get_rng_state()) and drawn==random.getstate(), 'a random number was drawn'
assert threading.active_count()==1, threading.enumerate()
assert 'matplotlib.pyplot' not in sys.modules, 'pyplot was imported'
print(f"{time.perf_counter() - start:.2f}")
'''
USE = '''
import torch
from makemore_lit.checkpoints import PRETRAINED, pretrained
from makemore_lit.counts import sample
from makemore_lit.data import load_corpus
assert len(load_corpus('surnames'))==32_000 and load_corpus().name=='surnames'
for name in PRETRAINED: print(name, sample(pretrained(name), 5, g=torch.Generator().manual_seed(1)))
'''
SAME = '''
import importlib, torch
for m in sorted(MODULES, reverse=BEFORE): importlib.import_module(f'makemore_lit.{m}')
torch.rand(BEFORE)  # what was drawn before mustn't matter
from makemore_lit.cli import RECIPES, trained
from makemore_lit.counts import sample
from makemore_lit.data import Vocab, load_corpus
torch.set_num_threads(1)
words = load_corpus('surnames')[:2000]
cls, config, fitting = RECIPES['wavenet']
model = trained((cls, config, {**fitting, 'epochs':2}), words, Vocab(words), seed=SEED)
print(sum(p.double().sum().item() for p in model.parameters()), sample(model, 5, g=torch.Generator().manual_seed(1)))
'''


def built(folder):
    "The wheel, built from a copy by way of the source archive"
    copy = Copy(folder)
    copy.run(sys.executable, '-m', 'build', '--no-isolation', '--outdir', f'{folder}/dist')
    return next((Path(folder)/'dist').glob('*.whl'))


def contents(wheel):
    "`AssertionError` unless the wheel has the modules, the corpus and the models, and nothing else"
    with zipfile.ZipFile(wheel) as z: names = {n for n in z.namelist() if '.dist-info/' not in n}
    allowed = {f'makemore_lit/{m}.py' for m in ('__init__', '_modidx', *MODULES)} | {'makemore_lit/py.typed', 'makemore_lit/corpora/surnames.txt'}
    allowed |= {f'makemore_lit/corpora/{p.name}' for p in (ROOT/'data').glob('*.safetensors')}
    assert names==allowed, f'the wheel has {sorted(names - allowed)} too much and lacks {sorted(allowed - names)}'
    assert wheel.stat().st_size < 2**20, f'the wheel has {wheel.stat().st_size:,} bytes'


def environment(folder, wheel, others):
    "A new environment with the wheel; the packages that it needs are those of this one, but for the others"
    venv.create(folder, with_pip=True)
    python = Path(folder)/'bin'/'python'
    subprocess.run([python, '-m', 'pip', 'install', '--quiet', '--no-index', '--no-deps', wheel], check=True)
    if others: subprocess.run([python, '-m', 'pip', 'install', '--quiet', '--no-deps', *others], check=True)
    site = subprocess.run([python, '-c', "import sysconfig; print(sysconfig.get_path('purelib'))"], check=True, capture_output=True, text=True).stdout.strip()
    (Path(site)/'needed.pth').write_text(sysconfig.get_path('purelib') + '\n')  # added to the path; its own .pth files, and so the checkout, aren't
    return python


def main():
    with tempfile.TemporaryDirectory() as d:
        wheel = built(d)
        contents(wheel)
        python, empty = environment(f'{d}/env', wheel, sys.argv[1:]), Path(d)/'empty'
        empty.mkdir()
        env = {k:v for k,v in os.environ.items() if not k.lower().endswith('_proxy') and k not in ('MAKEMORE_LIT_DATA', 'PYTHONPATH')}
        env |= dict(https_proxy='http://127.0.0.1:9', http_proxy='http://127.0.0.1:9', XDG_CACHE_HOME=f'{d}/cache', PYTHONDONTWRITEBYTECODE='1')
        def run(*command):
            p = subprocess.run([str(c) for c in command], cwd=empty, env=env, capture_output=True, text=True)
            assert p.returncode==0, f'{command}:\n{p.stdout}{p.stderr}'
            return p.stdout.strip()
        where = run(python, '-c', 'import makemore_lit; print(makemore_lit.__file__)')
        assert where.startswith(f'{d}/env'), where
        slowest = max(min(float(run(python, '-c', INERT.replace('MODULE', m))) for _ in range(3)) for m in MODULES)
        assert slowest < .3, f'an import takes {slowest} s beyond torch'
        run(python, '-c', USE)
        for command in COMMANDS: assert 'show this help' in run(python.parent/command, '--help')
        first, second, other = (run(python, '-c', SAME.replace('MODULES', repr(MODULES)).replace('BEFORE', before).replace('SEED', seed)) for before,seed in ('01', '11', '02'))
        assert first==second != other, (first, second, other)
        assert not list(empty.iterdir()), f'{list(empty.iterdir())} was left behind'
        print(f'the wheel has {wheel.stat().st_size:,} bytes; {len(MODULES)} modules import within {slowest:.2f} s beyond torch, without a trace')


if __name__ == '__main__': main()
