"""`make chapter N=05`: executes one chapter in place, without its slow cells, then
exports, cleans and checks it.

A slow cell keeps its stored output; `--slow` (`make chapter N=05 SLOW=1`) executes it
too. If a cell fails, nothing is written."""
import argparse, os, subprocess, sys, time
from pathlib import Path
import nbformat
from check_book import faults
from fresh import QUIET, ROOT, chapters, directive, first_line
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

BIN = Path(sys.executable).parent


def execute(path, slow, folder):
    "The notebook with new outputs; SystemExit, naming the cell, if one fails"
    nb = nbformat.read(path, as_version=4)
    client = NotebookClient(nb, timeout=None, kernel_name='python3',
                            record_timing=False, coalesce_streams=True,
                            extra_arguments=QUIET,
                            resources={'metadata': {'path': str(folder)}})
    with client.setup_kernel():
        for i,c in enumerate(nb.cells):
            if c.cell_type != 'code' or directive(c, 'slow') is not None and not slow:
                continue
            try: client.execute_cell(c, i)
            except CellExecutionError as e:
                sys.exit(f'{path.name}, cell {i} ({first_line(c)}): {e}\n'
                         'Nothing was written.')
    return nb


def main():
    "Execute, export, clean and check; exit status 1 if something is wrong"
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('chapter', help='its number, or its notebook')
    parser.add_argument('--slow', action='store_true', help='execute slow cells too')
    args = parser.parse_args()
    os.environ |= dict(OMP_NUM_THREADS='1', TQDM_DISABLE='1')  # of the kernel
    from makemore_lit.corpora import load_corpus
    if load_corpus().name != 'names':
        sys.exit('make chapter: stored outputs come from the corpus names; '
                 'see data/README.md')
    for path in chapters([args.chapter]):
        start = time.perf_counter()
        nbformat.write(execute(path, args.slow, ROOT/'nbs'), path)
        print(f'{path.name}  {time.perf_counter() - start:.0f} s', flush=True)
        subprocess.run([BIN/'nbdev_export'], cwd=ROOT, check=True)
        subprocess.run([BIN/'nbdev_clean', '--fname', path], cwd=ROOT, check=True)
        found = [f for f in faults(ROOT) if f.startswith(f'nbs/{path.name}')]
        print('\n'.join(found) or f'{path.name}: no fault')
        if found: sys.exit(1)


if __name__ == '__main__': main()
