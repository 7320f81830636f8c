"""How long each chapter takes to run: the processor's time of its cells without the slow
ones, with one thread, in seconds. `python tools/minutes.py` writes data/minutes.json,
which the preface's table of chapters is made from; with numbers (05) it measures those.

How long a chapter takes to read is counted from its text, whenever the table is made."""
import json, os, re, resource, subprocess, sys
from pathlib import Path
from check_book import ROOT, cells

FILE = ROOT/'data'/'minutes.json'
WORDS, LINES = 200, 40  # of text, and of code that is shown, read in a minute


def running(notebook):
    "The processor's seconds that a notebook's cells take; RuntimeError if one fails"
    command = Path(sys.executable).parent/'nbdev_test', '--path', notebook
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    p = subprocess.run([*command, '--n_workers', '1', '--do_print'], cwd=ROOT, text=True,
                       capture_output=True, env={**os.environ, 'OMP_NUM_THREADS': '1'})
    if p.returncode: raise RuntimeError(f'{notebook.name}: {p.stdout}{p.stderr}')
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def reading(file):
    "The minutes that it takes to read a page's text and its shown code, rounded"
    found = cells(ROOT, file)
    words = sum(len(re.findall(r'\w+', c.text)) for c in found)
    lines = sum(len([l for l in c.lines if l.strip()]) for c in found)
    return round(words/WORDS + lines/LINES)


def main():
    "Measure the chapters that are named, or all"
    known = json.loads(FILE.read_text(encoding='utf-8')) if FILE.exists() else {}
    for notebook in sorted((ROOT/'nbs').glob('[!_.]*.ipynb')):
        if len(sys.argv) > 1 and notebook.name[:2] not in sys.argv[1:]: continue
        known[notebook.stem] = round(running(notebook), 1)
        text = json.dumps(known, indent=1, sort_keys=True)
        FILE.write_text(text + '\n', encoding='utf-8')
        print(f'{notebook.stem:16}{known[notebook.stem]:8.1f} s', flush=True)


if __name__ == '__main__': main()
