"""`make test`: export and clean change nothing, the modules and the book are without
fault, every notebook passes, and so do the tests in tests/.

Two notebooks run at once, with one thread each. The last line counts what passed and
failed: checks, notebooks and tests."""
import argparse, os, subprocess, sys, tempfile, time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
LONG = '06', '08', '04', '07', '09', '10', '03', '05'  # chapters that take longest


def run(*command):
    "The exit status and the output of a command"
    p = subprocess.run(command, cwd=ROOT, text=True, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT)
    return p.returncode, p.stdout.strip()


def sources():
    "The content of every notebook and module"
    files = [p for d in ('nbs', 'makemore_lit') for p in sorted((ROOT/d).iterdir())]
    return {str(p.relative_to(ROOT)): p.read_bytes() for p in files if p.is_file()}


def export():
    "Export and clean; a complaint if that changed a file"
    before, log = sources(), []
    for command in ('nbdev_export', 'nbdev_clean'):
        status, out = run(BIN/command)
        if status: log.append(out)
    after = sources()
    changed = [p for p in sorted(before | after) if before.get(p) != after.get(p)]
    if changed:
        log.append(f"nbdev_export and nbdev_clean changed {', '.join(changed)}; look "
                   "at the change, and commit it")
    return '\n'.join(log)


def complaint(*command):
    "What a command says if it fails"
    status, out = run(*command)
    return out or f'exit status {status}' if status else ''


CHECKS = {
    'export': export,
    'ruff': lambda: complaint(BIN/'ruff', 'check', '--quiet'),
    'mypy': lambda: complaint(BIN/'mypy'),
    'check_book': lambda: complaint(sys.executable, 'tools/check_book.py')}


def passes(name, check):
    "Whether a check has no complaint; prints a line on it, and the complaint"
    start, wrong = time.perf_counter(), check()
    verdict, seconds = 'FAILED' if wrong else 'passed', time.perf_counter() - start
    print(f'{verdict}  {name}  {seconds:.0f} s\n{wrong}'.strip(), flush=True)
    return not wrong


def notebook(path):
    "Whether a notebook's cells pass, except for the slow ones, which aren't run"
    command = BIN/'nbdev_test', '--path', path, '--n_workers', '1', '--do_print'
    return passes(path.name, lambda: complaint(*command))


def longest_first(path):
    "A notebook's place in the order"
    number = path.name[:2]
    place = LONG.index(number) if number in LONG else len(LONG)
    return place, path.name


def notebooks():
    "Whether each notebook passed"
    paths = sorted((ROOT/'nbs').glob('[!_.]*.ipynb'), key=longest_first)
    with ThreadPoolExecutor(2) as pool:
        return [done.result() for done in
                as_completed([pool.submit(notebook, path) for path in paths])]


def tests():
    "How many tests in tests/ passed and failed"
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, '-m', 'pytest', '-q', '--color=no', '-rfEs', 'tests',
                   '--continue-on-collection-errors', f'--junitxml={folder}/tests.xml']
        status = subprocess.run(command, cwd=ROOT).returncode
        try: suite = ElementTree.parse(f'{folder}/tests.xml').find('testsuite')
        except (OSError, ElementTree.ParseError): return 0, 1
    n = {k: int(suite.get(k)) for k in ('tests', 'failures', 'errors', 'skipped')}
    failed = n['failures'] + n['errors']
    return n['tests'] - failed - n['skipped'], failed or int(status != 0)


def main():
    "Run all; exit status 1 if something failed"
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--corpus', help='fail unless the notebooks run on this corpus '
                                         '(names or surnames)')
    args = parser.parse_args()
    from makemore_lit.corpora import load_corpus
    corpus = load_corpus().name
    print(f'corpus: {corpus}', flush=True)
    if args.corpus not in (None, corpus):
        sys.exit(f'FAILED  the corpus was to be {args.corpus}, but it is {corpus}')
    os.environ['OMP_NUM_THREADS'] = '1'  # of everything that runs from here on
    found = [passes(name, check) for name,check in CHECKS.items()] + notebooks()
    passed, failed = tests()
    passed, failed = passed + sum(found), failed + len(found) - sum(found)
    print(f'{passed} passed, {failed} failed', flush=True)
    sys.exit(bool(failed))


if __name__ == '__main__': main()
