"What tools/fresh.py takes for fresh and for stale: texts by hand, and a small notebook with planted faults, executed."
import sys, tempfile
from pathlib import Path
import nbformat
from nbclient.exceptions import CellExecutionError
from nbformat import v4
from fresh import differences, stale

FRESH = [  # stored, new, mark
    ('loss 2.4540', 'loss 2.4540', None), ('dev 2.1001', 'dev 2.1048', '0.01'), ('1,000 rows, 3.5 s, 2.10', '1,000 rows, 9.1 s, 2.11', '0.05'),
    ('5 times faster', '7 times faster', '0.1'), ('12 ms: 3 times', '9 ms: 7 times', 'shape'), ("['emma', 'ava']", "['mia', 'zoe']", 'shape'),
    ('1e-05', '3e-05', '1e-4'), ('-0.1', '0.1', 'shape')]
STALE = [
    ('loss 2.4540', 'loss 2.4541', None), ('dev 2.1001', 'dev 2.1148', '0.01'), ('1,000 rows', '1,001 rows', '5'), ('dev 2.1', 'test 2.1', '1'),
    ('12 ms: 3 times', '9 ms', 'shape'), ("['emma', 'ava']", "['mia']", 'shape'), ('2.1', '', None), ('', '2.1', None), ('a\nb', 'a', None)]


def cell(source, output=None):
    "A code cell with a stored output"
    return v4.new_code_cell(source, outputs=[v4.new_output('stream', name='stdout', text=output)] if output else [])


def main():
    "Exit status 1 if one is judged wrongly"
    wrong = [case for case in FRESH if stale(*case)] + [case for case in STALE if not stale(*case)]
    cells = [cell('print(6*7)', '42\n'), cell('print(6*7)', '41\n'), cell('#| slow\n1/0', 'long ago\n'), cell('#| fresh: 0.1\nprint(1.05)', '1.0\n'),
             cell('#| fresh: shape\nprint("a b")', 'c\n'), cell('x = 1'), cell('print(x)', ''), cell('import sys; print(1, file=sys.stderr)')]
    cells[5].outputs = [v4.new_output('display_data', {'image/png':'', 'text/plain':'<Figure>'})]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)/'chapter.ipynb'
        nbformat.write(v4.new_notebook(cells=cells), path)
        before = path.read_bytes()
        found = differences(path, Path(folder))
        if path.read_bytes() != before: wrong.append('the notebook was changed')
    expected = [cells[1].id, *(c.id for c in cells[4:7])]
    if [line.split('cell ')[1].split(' ')[0] for line in found] != expected: wrong.append((found, expected))
    with tempfile.TemporaryDirectory() as folder:
        nbformat.write(v4.new_notebook(cells=[cell('1/0')]), path := Path(folder)/'chapter.ipynb')
        try: wrong.append(f'no error, but {differences(path, Path(folder))}')
        except CellExecutionError: pass
    for case in wrong: print(case)
    print(f'{len(FRESH) + len(STALE)} pairs of texts and a notebook with {len(expected)} stale cells, {len(wrong)} judged wrongly')
    sys.exit(bool(wrong))


if __name__ == '__main__': main()
