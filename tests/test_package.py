"""The wheel in an empty environment, an empty folder and without a network: what is in
it, what it does, and what importing it does.

The packages that it needs are those of this environment; `--with` names others, which
are fetched: `pytest tests/test_package.py --with 'fastcore>=2'`."""
import configparser, os, subprocess, sys, sysconfig, venv, zipfile
from pathlib import Path
import pytest
from workcopy import ROOT, Copy

FILES = sorted(p.name for p in (ROOT/'makemore_lit').glob('*.py'))
MODULES = [f[:-3] for f in FILES if f[0]!='_']
CONFIG = configparser.ConfigParser(delimiters=['='])
CONFIG.read(ROOT/'settings.ini', encoding='utf-8')
SCRIPTS = CONFIG['DEFAULT']['console_scripts'].split()
COMMANDS = [[line.split('=')[0]] for line in SCRIPTS]
COMMANDS += [f'python -m makemore_lit{rest}'.split() for rest in ('', ' train')]

INERT = '''
import os, random, socket, sys, threading, time
import torch, matplotlib
start = time.perf_counter()
def opened(*args): sys.exit(f"{args} was opened")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = opened
state, drawn = torch.get_rng_state(), random.getstate()
def watch(event, args):
    if event=='open' and args[1] and set('wax+') & set(args[1]):
        if '__pycache__' not in str(args[0]): sys.exit(f"{args} was written")
    if event in ('socket.connect', 'os.mkdir', 'os.remove', 'os.rename'):
        sys.exit(f"{event} {args}")
sys.addaudithook(watch)
import makemore_lit.MODULE
assert torch.equal(state, torch.get_rng_state()), 'a random number was drawn'
assert drawn==random.getstate(), 'a random number was drawn'
assert threading.active_count()==1, threading.enumerate()
assert 'matplotlib.pyplot' not in sys.modules, 'pyplot was imported'
print(f"{time.perf_counter() - start:.2f}")
'''
USE = '''
import torch
from makemore_lit.checkpoints import PRETRAINED, pretrained
from makemore_lit.corpora import load_corpus
from makemore_lit.counts import sample
assert len(load_corpus('surnames'))==32_000 and load_corpus().name=='surnames'
for name in PRETRAINED:
    print(name, sample(pretrained(name), 5, g=torch.Generator().manual_seed(1)))
'''
SAME = '''
import importlib, torch
modules = sorted(MODULES, reverse=BEFORE)
for m in modules: importlib.import_module(f'makemore_lit.{m}')
torch.rand(BEFORE)  # what was drawn before mustn't matter
from makemore_lit.corpora import load_corpus
from makemore_lit.counts import sample
from makemore_lit.data import Vocab
from makemore_lit.results import RECIPES, trained
torch.set_num_threads(1)
words = load_corpus('surnames')[:2000]
cls, config, fitting = RECIPES['wavenet']
recipe = cls, config, {**fitting, 'epochs':2}
model = trained(recipe, words, Vocab(words), seed=SEED)
total = sum(p.double().sum().item() for p in model.parameters())
print(total, sample(model, 5, g=torch.Generator().manual_seed(1)))
'''


@pytest.fixture(scope='module')
def wheel(request, tmp_path_factory):
    "The wheel, built from a copy by way of the source archive; or a given one"
    if given := request.config.getoption('--wheel'): return Path(given)
    folder = tmp_path_factory.mktemp('build')
    Copy(folder).run(sys.executable, '-m', 'build', '--no-isolation', '--outdir',
                     f'{folder}/dist')
    return next((folder/'dist').glob('*.whl'))


@pytest.fixture(scope='module')
def python(request, wheel, tmp_path_factory):
    """A new environment's Python, with the wheel; the packages that it needs are those
    of this environment, except for those of `--with`"""
    folder = tmp_path_factory.mktemp('env')
    venv.create(folder, with_pip=True)
    found = folder/'bin'/'python'
    install = [found, '-m', 'pip', 'install', '--quiet', '--no-deps']
    subprocess.run([*install, '--no-index', wheel], check=True)
    others = request.config.getoption('--with')
    if others: subprocess.run([*install, *others], check=True)
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = subprocess.run([found, '-c', where], check=True, stdout=subprocess.PIPE,
                          text=True)
    # Added to the path; its own .pth files, and so the checkout, aren't.
    needed = Path(site.stdout.strip())/'needed.pth'
    needed.write_text(sysconfig.get_path('purelib') + '\n')
    return found


@pytest.fixture(scope='module')
def run(python, tmp_path_factory):
    "A function that runs a command of the new environment, and gives its output"
    folder = tmp_path_factory.mktemp('run')
    (empty := folder/'empty').mkdir()
    env = {k: v for k,v in os.environ.items() if not k.lower().endswith('_proxy')
           and k not in ('MAKEMORE_LIT_DATA', 'PYTHONPATH')}
    refuses = 'http://127.0.0.1:9'
    env |= dict(https_proxy=refuses, http_proxy=refuses,
                XDG_CACHE_HOME=f'{folder}/cache', PYTHONDONTWRITEBYTECODE='1')

    def output(command, *args):
        "What it prints; it has to succeed, and to leave nothing in its folder"
        p = subprocess.run([python.parent/command, *args], cwd=empty, env=env,
                           text=True, capture_output=True)
        assert p.returncode==0, f'{command} {args}:\n{p.stdout}{p.stderr}'
        assert not list(empty.iterdir()), 'something was left behind'
        return p.stdout.strip()
    return output


@pytest.fixture(scope='module')
def durations(report):
    "What each module's import takes; the longest is reported"
    found = {}
    yield found
    if not found: return
    m = max(found, key=found.get)
    report(f'{len(found)} modules import without a trace; {m} takes longest, '
           f'{found[m]:.2f} s beyond torch')


def test_contents(wheel, report):
    "It has the modules, the corpus and the models, and nothing else"
    with zipfile.ZipFile(wheel) as z:
        names = {n for n in z.namelist() if '.dist-info/' not in n}
    data = {'surnames.txt', *(p.name for p in (ROOT/'data').glob('*.safetensors'))} - {'nats.safetensors'}
    allowed = {f'makemore_lit/{f}' for f in ('py.typed', *FILES)}
    allowed |= {f'makemore_lit/corpora/{f}' for f in data}
    assert not names - allowed, 'the wheel has too much'
    assert not allowed - names, 'the wheel lacks something'
    size = wheel.stat().st_size
    report(f'the wheel has {size:,} bytes')
    assert size < 1_200_000


def test_it_is_the_wheel(run, python):
    "What is imported is the wheel's package, not the checkout"
    where = run('python', '-c', 'import makemore_lit; print(makemore_lit.__file__)')
    assert Path(where).is_relative_to(python.parent.parent)


@pytest.mark.parametrize('module', MODULES)
def test_import_is_inert(run, durations, module):
    "It opens, writes and draws nothing, starts no thread, and loads no pyplot"
    durations[module] = float(run('python', '-c', INERT.replace('MODULE', module)))


def test_models_and_corpus(run):
    "The shipped corpus and models are there, and names are drawn from them"
    run('python', '-c', USE)


@pytest.mark.parametrize('command', COMMANDS, ids=' '.join)
def test_help(run, command):
    "Each command explains itself"
    assert 'show this help' in run(*command, '--help')


def test_training_repeats(run):
    "A seed gives the same model whatever was imported or drawn before; another doesn't"
    code = SAME.replace('MODULES', repr(MODULES))
    first, second, other = (
        run('python', '-c', code.replace('BEFORE', before).replace('SEED', seed))
        for before,seed in (('0', '1'), ('1', '1'), ('0', '2')))
    assert first==second
    assert first!=other
