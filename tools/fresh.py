"""`make fresh`: every chapter is executed in a copy, without its slow cells, and each
stored output is compared with the new one.

What a chapter exports is imported from the module in place of its cells, so the outputs
are also those of what ships. Two chapters run at once, with one thread each."""
import argparse, ast, os, re, sys, time
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).resolve().parent.parent
QUIET = ['--log-level=ERROR']  # of a kernel, whose warnings are about its connection
NUMBER = re.compile(r'(?<![\w.])[-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?(?!\w)')
TIME = re.compile(NUMBER.pattern + r'(?= (?:s|ms|µs|names/s|times)\b)')


def directive(cell, name):
    "What stands after `#| name` in a cell; None if that isn't there"
    found = re.search(rf'^#\| *{name}\b *:?(.*)$', cell.source, flags=re.M)
    return found and found[1].strip()


def first_line(cell):
    "The first line of a cell that is no directive"
    lines = [line.strip() for line in cell.source.split('\n')]
    return next((line for line in lines if line and not line.startswith('#|')), '')


def output(cell):
    """The texts of a cell's outputs, and the kinds of all other content; what is
    written to standard error is left out"""
    texts, kinds = [], []
    for o in cell.outputs:
        if o.output_type=='stream':
            if o.name=='stdout': texts.append(o.text)
        elif o.output_type in ('execute_result', 'display_data'):
            kinds += sorted(k for k in o.data if k != 'text/plain')
            # A figure's text is its size in memory.
            if 'image/png' not in o.data: texts.append(o.data.get('text/plain', ''))
    return ''.join(texts), kinds


def is_float(number):
    "Whether a number has a decimal point or an exponent"
    return '.' in number or 'e' in number


def value(number):
    "The value of a number with commas"
    return float(number.replace(',', ''))


def stale(old, new, mark):
    "What differs between two texts, under a cell's mark (see CONTRIBUTING.md), or ''"
    if mark=='shape':
        a, b = (len(re.findall(r'[^\W_]+(?:[.,+-][^\W_]+)*', s)) for s in (old, new))
        return '' if a==b else f'{a} words and numbers are stored, {b} came'
    if mark is None: return '' if old==new else first_difference(old, new)
    try: tolerance = float(mark)
    except ValueError:
        return f'its mark `#| fresh: {mark}` is neither a tolerance nor shape'
    old, new = TIME.sub('#', old), TIME.sub('#', new)
    texts = NUMBER.sub('#', old), NUMBER.sub('#', new)
    if texts[0] != texts[1]: return first_difference(*texts)
    for a,b in zip(NUMBER.findall(old), NUMBER.findall(new)):
        if is_float(a) and is_float(b): far = abs(value(a) - value(b)) > tolerance
        else: far = a != b
        if far: return f'{a} is stored, {b} came (tolerance {mark})'
    return ''


def first_difference(old, new):
    "The first lines that differ"
    a, b = old.split('\n'), new.split('\n')
    differ = (i for i,(x,y) in enumerate(zip(a, b)) if x != y)
    at = next(differ, min(len(a), len(b)))
    x, y = (repr(lines[at]) if at < len(lines) else 'nothing' for lines in (a, b))
    return f'{x} is stored, {y} came'


def defined(source):
    "The names that code defines; a name bound to a place in a table is the table's"
    found = []
    for node in ast.parse(source).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)): found.append(node.name)
        targets = []
        if isinstance(node, ast.Assign): targets = node.targets
        if isinstance(node, ast.AnnAssign): targets = [node.target]
        parts = [n for target in targets for n in ast.walk(target)]
        found += [n.id for n in parts if isinstance(n, ast.Name)]
    return list(dict.fromkeys(found))


def shipped(cell, module):
    """The source of an exported cell as an import of what it defines; other cells, and
    imports, as they are. A function called `_` is registered by the module's import."""
    exported = [directive(cell, name) for name in ('export', 'exports')]
    if exported==[None, None]: return cell.source
    found = defined(cell.source)
    if not found: return cell.source
    named = [name for name in found if name != '_']
    if not named: return f'import makemore_lit.{module}'
    return f"from makemore_lit.{module} import {', '.join(named)}"


def differences(path, folder):
    "One line for each stored output of a chapter that is not what its cell gives now"
    nb = nbformat.read(path, as_version=4)
    nb.cells = [c for c in nb.cells
                if c.cell_type=='code' and directive(c, 'slow') is None]
    stored = [output(c) for c in nb.cells]
    module = next(filter(None, (directive(c, 'default_exp') for c in nb.cells)), None)
    for c in nb.cells: c.source = shipped(c, module)
    where = {'metadata': {'path': str(folder)}}
    NotebookClient(nb, timeout=None, kernel_name='python3', resources=where,
                   extra_arguments=QUIET).execute()
    found = []
    for cell,(text,kinds) in zip(nb.cells, stored):
        now, now_kinds = output(cell)
        wrong = stale(text, now, directive(cell, 'fresh'))
        if kinds != now_kinds:
            wrong = f'{kinds or "no picture"} is stored, {now_kinds or "none"} came'
        place = f'{path.name}, cell {cell.id} ({first_line(cell)})'
        if wrong: found.append(f'{place}: {wrong}')
    return found


def chapters(wanted, root=ROOT):
    "The notebooks that paths or numbers name; without any, all, the last one first"
    # Backwards, because no chapter may need that another one has run.
    if not wanted: return sorted((root/'nbs').glob('[!_.]*.ipynb'), reverse=True)
    found = []
    for name in wanted:
        paths = sorted((root/'nbs').glob(f'{name}_*.ipynb')) if name.isdigit() else []
        if not paths and not Path(name).is_file(): sys.exit(f'{name}: no such chapter')
        found += paths or [Path(name)]
    return found


def compared(path):
    "A chapter's differences, and the seconds that it took"
    start = time.perf_counter()
    try: found = differences(path, ROOT/'nbs')
    except CellExecutionError as e: found = [f'{path.name}: {e}']
    return found, time.perf_counter() - start


def main():
    "Compare the chapters; exit status 1 if an output is stale or a cell fails"
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('chapters', nargs='*',
                        help='notebooks, or numbers of chapters; without any, all')
    args = parser.parse_args()
    os.environ['OMP_NUM_THREADS'] = '1'  # of the processes and their kernels
    from bloom import PATH, bloom
    from makemore_lit.corpora import load_corpus
    corpus = load_corpus()
    if corpus.name != 'names':
        sys.exit('make fresh: the stored outputs are about the corpus names; '
                 'see data/README.md')
    passed = failed = 0
    if PATH.read_bytes() != bloom(corpus):
        print(f'FAILED  {PATH.name}: not what tools/bloom.py makes of it; make models')
        failed = 1
    with ProcessPoolExecutor(2, get_context('spawn')) as pool:
        paths = chapters(args.chapters)
        running = {pool.submit(compared, path): path for path in paths}
        for done in as_completed(running):
            found, seconds = done.result()
            verdict = 'FAILED' if found else 'passed'
            print(f'{verdict}  {running[done].name}  {seconds:.0f} s', flush=True)
            for line in found: print(f'  {line}', flush=True)
            passed, failed = passed + (not found), failed + bool(found)
    print(f'{passed} passed, {failed} failed')
    sys.exit(bool(failed or not passed))


if __name__ == '__main__': main()
