"The steps of CONTRIBUTING.md, played through in a copy of the repository."
import json
import pytest
from workcopy import ROOT, Copy

CHAPTER, MODULE = 'nbs/00_data.ipynb', 'makemore_lit/data.py'
CUT, OTHER_CUT = 'int(.8*len(words))', 'int(.7*len(words))'


@pytest.fixture
def copy(tmp_path):
    "A copy of its own for each test"
    return Copy(tmp_path)


def test_change_a_chapter(copy):
    "A change is in the module after the export, and the chapter's checks see its error"
    copy.edit(CHAPTER, f'a, b = {CUT}, int(.9', f'a, b = {OTHER_CUT}, int(.9')
    assert CUT in copy.read(MODULE)
    copy.run('nbdev_export')
    assert OTHER_CUT in copy.read(MODULE) and CUT not in copy.read(MODULE)
    command = ['nbdev_test', '--path', CHAPTER, '--n_workers', '1']
    assert 'AssertionError' in copy.run(*command, fails=True)


def test_change_the_module(copy):
    "nbdev_update carries a change of the module back, and nothing else changes"
    old, new = 'Shuffle a copy of `words`', 'Shuffle and cut a copy of `words`'
    copy.edit(MODULE, f'"{old}', f'"{new}')
    copy.run('nbdev_update')
    copy.run('nbdev_clean')
    assert new in copy.read(CHAPTER)
    copy.run('nbdev_export')
    assert copy.run('git', 'diff', '--name-only').split()==[MODULE, CHAPTER]
    changes = copy.run('git', 'diff', '--shortstat').split()[-4:]
    assert changes==['2', 'insertions(+),', '2', 'deletions(-)']


def test_merge(copy):
    "Two branches change one line; the merged notebook opens, shows both, is resolved"
    copy.run('nbdev_install_hooks')
    cells = json.loads(copy.read(CHAPTER))['cells']
    title = next(line for line in cells[0]['source'] if line.startswith('# '))
    for branch,new in (('theirs', 'Names as numbers'), ('main', 'Names as tables')):
        made = ['-b'] if branch=='theirs' else []
        copy.run('git', 'checkout', '-q', *made, branch)
        old = json.dumps(title, ensure_ascii=False)
        copy.edit(CHAPTER, old, json.dumps(f'# {new}\n'))
        copy.run('git', 'commit', '-qam', new)
    copy.run('git', 'merge', 'theirs', fails=True)
    notebook = json.loads(copy.read(CHAPTER))  # it opens
    first = [''.join(c['source']) for c in notebook['cells'][:6]]
    signs = '<<<<<<<', '=======', '>>>>>>>'
    marks = [i for i,s in enumerate(first) if s.lstrip('`').startswith(signs)]
    assert len(marks)==3, first
    assert any('tables' in s for s in first) and any('numbers' in s for s in first)

    # Keep ours: delete theirs and the marks.
    del notebook['cells'][marks[1]:marks[2] + 1], notebook['cells'][marks[0]]
    text = json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False)
    copy.write(CHAPTER, text + '\n')
    copy.run('nbdev_clean')
    copy.run('nbdev_export')
    merged = copy.read(CHAPTER)
    assert 'Names as tables' in merged
    assert 'Names as numbers' not in merged and '<<<<<<<' not in merged
    copy.run('git', 'commit', '-qam', 'merged')
    assert copy.run('git', 'diff', '--stat', 'HEAD~1')==''


@pytest.mark.parametrize('notebook', sorted((ROOT/'nbs').glob('[!_.]*.ipynb')),
                         ids=lambda p: p.stem)
def test_colab(notebook, monkeypatch):
    "In Colab a chapter installs the package; if that can't be had, it says what to do"
    import importlib.util
    cells = json.loads(notebook.read_text(encoding='utf-8'))['cells']
    code = next(source for c in cells if 'google.colab' in
                (source := ''.join(c['source'])))
    ran = []

    class Shell:
        "Stands for IPython's in Colab"
        def __str__(self): return '<google.colab._shell.Shell>'
        def system(self, command): ran.append(command)
        def run_line_magic(self, *command): ran.append(' '.join(command))
    exec(code, {'get_ipython': Shell})
    assert any('pip install' in command for command in ran)
    monkeypatch.setattr(importlib.util, 'find_spec', lambda name: None)
    with pytest.raises(SystemExit, match='git') as e: exec(code, {'get_ipython': Shell})
    assert '\n' not in str(e.value)
    exec(code, {'get_ipython': lambda: 'Jupyter'})  # elsewhere nothing happens
