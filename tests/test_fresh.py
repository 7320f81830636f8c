"tools/fresh.py: what is fresh and what is stale, and what stands for an exported cell."
import nbformat
import pytest
from fresh import chapters, differences, shipped, stale
from nbclient.exceptions import CellExecutionError
from nbformat import v4

FRESH = [  # stored, new, mark
    ('loss 2.4540', 'loss 2.4540', None),
    ('dev 2.1001', 'dev 2.1048', '0.01'),
    ('1,000 rows, 3.5 s, 2.10', '1,000 rows, 9.1 s, 2.11', '0.05'),
    ('5 times faster', '7 times faster', '0.1'),
    ('12 ms: 3 times', '9 ms: 7 times', 'shape'),
    ("['emma', 'ava']", "['mia', 'zoe']", 'shape'),
    ('1e-05', '3e-05', '1e-4'),
    ('-0.1', '0.1', 'shape')]
STALE = [
    ('loss 2.4540', 'loss 2.4541', None),
    ('dev 2.1001', 'dev 2.1148', '0.01'),
    ('1,000 rows', '1,001 rows', '5'),
    ('dev 2.1', 'test 2.1', '1'),
    ('12 ms: 3 times', '9 ms', 'shape'),
    ("['emma', 'ava']", "['mia']", 'shape'),
    ('2.1', '', None),
    ('', '2.1', None),
    ('a\nb', 'a', None),
    ('2.1', '2.1', 'soon')]
SHIPPED = {  # an exported cell, and what is executed in its place
    'def f(): pass': 'from makemore_lit.m import f',
    'class C: pass\nx, y = 1, 2': 'from makemore_lit.m import C, x, y',
    'x: int = 1': 'from makemore_lit.m import x',
    'TABLE["a"] = f': 'from makemore_lit.m import TABLE',
    '@command\ndef f(): pass': 'from makemore_lit.m import f',
    '@rule.register\ndef _(x:int): pass': 'import makemore_lit.m',
    '@rule.register(A)\n@rule.register(B)\ndef _(x): pass\ndef g(): pass':
        'from makemore_lit.m import g',
    'import math': '#| export\nimport math'}


def cell(source, output=None):
    "A code cell with a stored output"
    stored = v4.new_output('stream', name='stdout', text=output) if output else None
    return v4.new_code_cell(source, outputs=[stored] if stored else [])


def chapter(folder, cells):
    "The path of a notebook of these cells"
    nbformat.write(v4.new_notebook(cells=cells), folder/'07_chapter.ipynb')
    return folder/'07_chapter.ipynb'


@pytest.mark.parametrize('old, new, mark', FRESH)
def test_fresh(old, new, mark):
    "What may differ"
    assert stale(old, new, mark)==''


@pytest.mark.parametrize('old, new, mark', STALE)
def test_stale(old, new, mark):
    "What mustn't differ, and a mark that is none"
    assert stale(old, new, mark)


@pytest.mark.parametrize('source, expected', SHIPPED.items())
def test_shipped(source, expected):
    "The module stands for an exported cell; imports stay"
    assert shipped(cell('#| export\n' + source), 'm')==expected


def test_not_exported():
    "Other cells stay as they are"
    assert shipped(cell('def f(): pass'), 'm')=='def f(): pass'


def test_notebook(tmp_path):
    "A small notebook with planted faults is executed, and isn't changed"
    cells = [cell('print(6*7)', '42\n'), cell('print(6*7)', '41\n'),
             cell('#| slow\n1/0', 'long ago\n'),
             cell('#| fresh: 0.1\nprint(1.05)', '1.0\n'),
             cell('#| fresh: shape\nprint("a b")', 'c\n'), cell('x = 1'),
             cell('print(x)', ''), cell('import sys; print(1, file=sys.stderr)')]
    figure = {'image/png': '', 'text/plain': '<Figure>'}
    cells[5].outputs = [v4.new_output('display_data', figure)]
    path = chapter(tmp_path, cells)
    before = path.read_bytes()
    lines = differences(path, tmp_path)
    found = [line.split('cell ')[1].split(' ')[0] for line in lines]
    assert found==[cells[i].id for i in (1, 4, 5, 6)]
    assert path.read_bytes()==before


def test_error(tmp_path):
    "A cell that fails is an error"
    path = chapter(tmp_path, [cell('1/0')])
    with pytest.raises(CellExecutionError): differences(path, tmp_path)


def test_chapters(tmp_path):
    "A chapter is named by its number or its path; without a name, all, the last first"
    (tmp_path/'nbs').mkdir()
    names = '00_a', '05_b', '_draft'
    a, b, _ = [tmp_path/'nbs'/f'{name}.ipynb' for name in names]
    for name in names: (tmp_path/'nbs'/f'{name}.ipynb').touch()
    assert chapters([], tmp_path)==[b, a]
    assert chapters(['00', str(b)], tmp_path)==[a, b]
    with pytest.raises(SystemExit): chapters(['07'], tmp_path)
