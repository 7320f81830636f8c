"`make test`: export and clean change nothing, every notebook passes, and so do the checks of modules, README, book and playground."
import argparse, re, subprocess, sys, tempfile, time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
TOOLS = ('check_book', 'test_check_book', 'test_fresh', 'test_play', 'test_package', 'test_editing')


def run(*command, **kwargs):
    "The exit status and the output of a command"
    p = subprocess.run([str(c) for c in command], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **kwargs)
    return p.returncode, p.stdout.strip()


def sources():
    "The content of every notebook and module"
    return {p.relative_to(ROOT): p.read_bytes() for d in ('nbs', 'makemore_lit') for p in sorted((ROOT/d).glob('*')) if p.is_file()}


def export():
    "Export and clean; a complaint if that changed a file"
    before, log = sources(), []
    for command in ('nbdev_export', 'nbdev_clean'):
        status, out = run(BIN/command)
        if status: log.append(out)
    after = sources()
    changed = [str(p) for p in sorted(before | after) if before.get(p) != after.get(p)]
    if changed: log.append('nbdev_export and nbdev_clean changed ' + ', '.join(changed) + '; look at the change, and commit it')
    return '\n'.join(log)


def ruff():
    "Undefined and unused names in the modules, which the notebooks' own tests can't see"
    status, out = run(BIN/'ruff', 'check', '--quiet', '--select', 'E9,F', '--ignore', 'F401', '--exclude', '_modidx.py', 'makemore_lit')
    return out if status else ''


def types():
    "Public signatures that contradict themselves"
    status, out = run(BIN/'mypy')
    return out if status else ''


def readme():
    "The README's Python, run in an empty folder"
    code = '\n'.join(re.findall(r'```python\n(.*?)```', (ROOT/'README.md').read_text(encoding='utf-8'), flags=re.S))
    if not code: return 'README.md has no Python'
    with tempfile.TemporaryDirectory() as empty:
        p = subprocess.run([sys.executable, '-c', code], cwd=empty, capture_output=True, text=True)
    return '' if p.returncode==0 and p.stdout.strip() else f'the Python in README.md failed or printed nothing:\n{p.stdout}{p.stderr}'


def tool(name):
    "A tool's last line, printed; what it complains about"
    status, out = run(sys.executable, ROOT/'tools'/f'{name}.py')
    if not status: print(f'{name}: {out.splitlines()[-1]}', flush=True)
    return f'{name}:\n{out}' if status else ''


def main():
    "Run all checks; exit status 1 if one failed"
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--corpus', help='fail unless the notebooks run on this corpus (names or surnames)')
    args = parser.parse_args()
    from makemore_lit.data import load_corpus
    corpus = load_corpus().name
    print(f'corpus: {corpus}', flush=True)
    if args.corpus not in (None, corpus): sys.exit(f'FAILED  the corpus was to be {args.corpus}, but it is {corpus}')
    checks = [export(), ruff(), types(), readme(), *map(tool, TOOLS)]
    complaints = [c for c in checks if c]
    passed, failed = len(checks) - len(complaints), len(complaints)
    for nb in sorted((ROOT/'nbs').glob('[!_.]*.ipynb')):
        start = time.perf_counter()
        status, out = run(BIN/'nbdev_test', '--path', nb, '--n_workers', '1', '--do_print')
        print(f"{'FAILED' if status else 'passed'}  {nb.name}  {time.perf_counter() - start:.0f} s", flush=True)
        if status: print(out, flush=True)
        passed, failed = passed + (status==0), failed + (status!=0)
    for c in complaints: print(f'FAILED  {c}')
    print(f'{passed} passed, {failed} failed')
    sys.exit(bool(failed))


if __name__ == '__main__': main()
