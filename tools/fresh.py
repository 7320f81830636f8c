"""`make fresh`: every chapter is executed in a copy, without its slow cells, and each stored output is compared with the new one.
What a chapter exports is imported from the module in place of its cells, so the outputs are also those of what ships."""
import argparse, ast, re, sys, time
from pathlib import Path
import nbformat
from bloom import PATH, bloom
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).resolve().parent.parent
NUMBER = re.compile(r'(?<![\w.])[-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?(?!\w)')
TIME = re.compile(NUMBER.pattern + r'(?= (?:s|ms|µs|names/s|times)\b)')


def directive(cell, name):
    "What stands after `#| name` in a cell; None if that isn't there"
    found = re.search(rf'^#\| *{name}\b *:?(.*)$', cell.source, flags=re.M)
    return found and found[1].strip()


def output(cell):
    "The texts of a cell's outputs, and the kinds of all other content; what is written to standard error is left out"
    texts, kinds = [], []
    for o in cell.outputs:
        if o.output_type=='stream':
            if o.name=='stdout': texts.append(o.text)
        elif o.output_type in ('execute_result', 'display_data'):
            kinds += sorted(k for k in o.data if k != 'text/plain')
            if 'image/png' not in o.data: texts.append(o.data.get('text/plain', ''))  # a figure's text is its size in memory
    return ''.join(texts), kinds


def is_float(number): return '.' in number or 'e' in number
def value(number): return float(number.replace(',', ''))


def stale(old, new, mark):
    "What differs between two texts, under a cell's mark (see CONTRIBUTING.md); '' if nothing does"
    if mark=='shape':
        a, b = (len(re.findall(r'[^\W_]+(?:[.,-][^\W_]+)*', text)) for text in (old, new))
        return '' if a==b else f'{a} words and numbers are stored, {b} came'
    if mark is None: return '' if old==new else first_difference(old, new)
    try: tolerance = float(mark)
    except ValueError: return f'its mark `#| fresh: {mark}` is neither a tolerance nor shape'
    old, new = TIME.sub('#', old), TIME.sub('#', new)
    if NUMBER.sub('#', old) != NUMBER.sub('#', new): return first_difference(NUMBER.sub('#', old), NUMBER.sub('#', new))
    for a,b in zip(NUMBER.findall(old), NUMBER.findall(new)):
        far = abs(value(a) - value(b)) > tolerance if is_float(a) and is_float(b) else a != b
        if far: return f'{a} is stored, {b} came (tolerance {mark})'
    return ''


def first_difference(old, new):
    "The first lines that differ"
    a, b = old.split('\n'), new.split('\n')
    at = next((i for i,(x,y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    show = lambda lines: repr(lines[at]) if at < len(lines) else 'nothing'
    return f'{show(a)} is stored, {show(b)} came'


def shipped(cell, module):
    "The source of an exported cell as an import of what it defines; other cells, and imports, as they are"
    if directive(cell, 'export') is None and directive(cell, 'exports') is None: return cell.source
    names = []
    for node in ast.parse(cell.source).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)): names.append(node.name)
        elif isinstance(node, ast.Assign): names += [n.id for target in node.targets for n in ast.walk(target) if isinstance(n, ast.Name)]
    return f"from makemore_lit.{module} import {', '.join(names)}" if names else cell.source


def differences(path, folder):
    "One line for each stored output of a chapter that is not what its cell gives now"
    nb = nbformat.read(path, as_version=4)
    nb.cells = [c for c in nb.cells if c.cell_type=='code' and directive(c, 'slow') is None]
    stored, module = [output(c) for c in nb.cells], next((m for c in nb.cells if (m := re.search(r'^#\| *default_exp +(\w+)', c.source, re.M))), [None]*2)[1]
    for c in nb.cells: c.source = shipped(c, module)
    NotebookClient(nb, timeout=None, kernel_name='python3', resources={'metadata':{'path':str(folder)}}).execute()
    found = []
    for cell,(text,kinds) in zip(nb.cells, stored):
        now, now_kinds = output(cell)
        wrong = stale(text, now, directive(cell, 'fresh'))
        if kinds != now_kinds: wrong = f'{kinds or "no picture"} is stored, {now_kinds or "none"} came'
        if wrong: found.append(f'{path.name}, cell {cell.id} ({first_line(cell)}): {wrong}')
    return found


def first_line(cell):
    "The first line of a cell that is no directive"
    return next((l.strip() for l in cell.source.split('\n') if l.strip() and not l.startswith('#|')), '')


def main():
    "Compare all chapters, or those named; exit status 1 if an output is stale or a cell fails"
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('chapters', nargs='*', type=Path, help='notebooks; without any, all in nbs/')
    args = parser.parse_args()
    from makemore_lit.data import load_corpus
    if (corpus := load_corpus()).name != 'names': sys.exit('make fresh: the stored outputs are about the corpus names; see data/README.md')
    passed = failed = 0
    if PATH.read_bytes() != bloom(corpus):
        print(f'FAILED  {PATH.name}: not what tools/bloom.py makes of the corpus; make models')
        failed = 1
    for path in args.chapters or sorted((ROOT/'nbs').glob('[!_.]*.ipynb'), reverse=True):  # backwards: no chapter may need that another has run
        start = time.perf_counter()
        try: found = differences(path, ROOT/'nbs')
        except CellExecutionError as e: found = [f'{path.name}: {e}']
        print(f"{'FAILED' if found else 'passed'}  {path.name}  {time.perf_counter() - start:.0f} s", flush=True)
        for line in found: print(f'  {line}', flush=True)
        passed, failed = passed + (not found), failed + bool(found)
    print(f'{passed} passed, {failed} failed')
    sys.exit(bool(failed or not passed))


if __name__ == '__main__': main()
