"Plays CONTRIBUTING.md through in a copy: change a chapter, export, see its test fail; carry a change of the module back; merge a conflict."
import json, os, shutil, subprocess, sys, tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
CHAPTER, MODULE = 'nbs/00_data.ipynb', 'makemore_lit/data.py'


class Copy:
    "A copy of the repository's files as they are, committed, with a home of its own"
    def __init__(self, folder):
        self.root, home = Path(folder)/'copy', Path(folder)/'home'
        home.mkdir()
        self.env = {**os.environ, 'HOME':str(home), 'PATH':f"{BIN}:{os.environ['PATH']}", 'PYTHONPATH':str(self.root),
                    **{f'GIT_{who}_{what}':f'test@{who}.example' for who in ('AUTHOR', 'COMMITTER') for what in ('NAME', 'EMAIL')}}
        for name in subprocess.run(['git', 'ls-files', '--cached', '--others', '--exclude-standard'], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines():
            (self.root/name).parent.mkdir(parents=True, exist_ok=True)
            if (ROOT/name).exists(): shutil.copy2(ROOT/name, self.root/name, follow_symlinks=False)
        for command in ('git init -q -b main', 'git add -A', 'git commit -qm first'): self.run(*command.split())

    def run(self, *command, fails=False):
        "The output of a command, whose success is expected, or its failure"
        p = subprocess.run(command, cwd=self.root, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert bool(p.returncode)==fails, f"{' '.join(command)} {'succeeded' if fails else 'failed'}:\n{p.stdout}"
        return p.stdout

    def edit(self, name, old, new):
        "Replace a text that a file has once"
        text = (self.root/name).read_text(encoding='utf-8')
        assert text.count(old)==1, f'{name} has {text.count(old)} times {old!r}'
        (self.root/name).write_text(text.replace(old, new), encoding='utf-8')

    def has(self, name, text): return text in (self.root/name).read_text(encoding='utf-8')


def change_a_chapter(copy):
    "A change in the notebook is in the module after the export, and the chapter's tests see what it breaks"
    copy.edit(CHAPTER, 'a, b = int(.8*len(words)), int(.9*len(words))', 'a, b = int(.7*len(words)), int(.9*len(words))')
    assert copy.has(MODULE, 'int(.8*len(words))')
    copy.run('nbdev_export')
    assert copy.has(MODULE, 'int(.7*len(words))') and not copy.has(MODULE, 'int(.8*len(words))')
    assert 'AssertionError' in copy.run('nbdev_test', '--path', CHAPTER, '--n_workers', '1', fails=True)
    copy.run('git', 'checkout', '-q', '.')


def change_the_module(copy):
    "nbdev_update carries a change of the module back into the notebook, and nothing else changes"
    copy.edit(MODULE, '"Shuffle a copy of `words`', '"Shuffle and cut a copy of `words`')
    copy.run('nbdev_update')
    copy.run('nbdev_clean')
    assert copy.has(CHAPTER, 'Shuffle and cut a copy of `words`')
    copy.run('nbdev_export')
    assert copy.run('git', 'diff', '--name-only').split()==[MODULE, CHAPTER]
    assert copy.run('git', 'diff', '--shortstat').split()[-4:]==['2', 'insertions(+),', '2', 'deletions(-)']
    copy.run('git', 'checkout', '-q', '.')


def merge(copy):
    "Two branches change one line; the merged notebook opens, shows both, and is resolved by deleting the cells of one"
    copy.run('nbdev_install_hooks')
    title = '"# Names as data\\n"'
    for branch,new in (('theirs', 'Names as numbers'), ('main', 'Names as tables')):
        copy.run('git', 'checkout', '-q', *(['-b'] if branch != 'main' else []), branch)
        copy.edit(CHAPTER, title, f'"# {new}\\n"')
        copy.run('git', 'commit', '-qam', new)
    copy.run('git', 'merge', 'theirs', fails=True)
    notebook = json.loads((copy.root/CHAPTER).read_text(encoding='utf-8'))  # it opens
    first = [''.join(c['source']) for c in notebook['cells'][:6]]
    marks = [i for i,s in enumerate(first) if s.lstrip('`').startswith(('<<<<<<<', '=======', '>>>>>>>'))]
    assert len(marks)==3 and any('tables' in s for s in first) and any('numbers' in s for s in first), first
    del notebook['cells'][marks[1]:marks[2] + 1], notebook['cells'][marks[0]]
    (copy.root/CHAPTER).write_text(json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + '\n', encoding='utf-8')
    copy.run('nbdev_clean')
    copy.run('nbdev_export')
    assert copy.has(CHAPTER, 'Names as tables') and not copy.has(CHAPTER, 'Names as numbers') and not copy.has(CHAPTER, '<<<<<<<')
    copy.run('git', 'commit', '-qam', 'merged')
    assert copy.run('git', 'diff', '--stat', 'HEAD~1')==''


def main():
    steps = (change_a_chapter, change_the_module, merge)
    with tempfile.TemporaryDirectory() as folder:
        copy = Copy(folder)
        for step in steps: step(copy)
    print(f"editing as in CONTRIBUTING.md: {', '.join(s.__name__.replace('_', ' ') for s in steps)}")


if __name__ == '__main__': main()
