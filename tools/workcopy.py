"A copy of the repository, in which tests and tools may change what they like."
import os, shutil, subprocess, sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
LIST = 'git ls-files --cached --others --exclude-standard'


def identity():
    "Names and addresses for git, which a new home hasn't"
    return {f'GIT_{who}_{what}': f'test@{who}.example'
            for who in ('AUTHOR', 'COMMITTER') for what in ('NAME', 'EMAIL')}


class Copy:
    "The repository's files as they are, committed, with a home of its own"
    def __init__(self, folder):
        self.root, home = Path(folder)/'copy', Path(folder)/'home'
        home.mkdir()
        self.env = {**os.environ, **identity(), 'HOME': str(home),
                    'PATH': f"{BIN}:{os.environ['PATH']}",
                    'PYTHONPATH': str(self.root)}
        listed = subprocess.run(LIST.split(), cwd=ROOT, capture_output=True, text=True,
                                check=True)
        for name in listed.stdout.splitlines():
            if not os.path.lexists(ROOT/name): continue  # deleted, not yet committed
            (self.root/name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT/name, self.root/name, follow_symlinks=False)
        self.run('git', 'init', '-q', '-b', 'main')
        self.run('git', 'add', '-A')
        self.run('git', 'commit', '-qm', 'first')

    def run(self, *command, fails=False):
        "The output of a command, whose success is expected, or its failure"
        p = subprocess.run(command, cwd=self.root, env=self.env, text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        ended = 'failed' if p.returncode else 'succeeded'
        assert bool(p.returncode)==fails, f"{' '.join(command)} {ended}:\n{p.stdout}"
        return p.stdout

    def read(self, name):
        "The text of a file"
        return (self.root/name).read_text(encoding='utf-8')

    def write(self, name, text):
        "Make a text the whole content of a file"
        (self.root/name).write_text(text, encoding='utf-8')

    def edit(self, name, old, new):
        "Replace a text that a file has once"
        text = self.read(name)
        assert text.count(old)==1, f'{name} has {text.count(old)} times {old!r}'
        self.write(name, text.replace(old, new))
