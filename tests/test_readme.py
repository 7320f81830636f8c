"The Python of README and first page runs in an empty folder, and prints something."
import re, subprocess, sys
import pytest
from workcopy import ROOT


@pytest.mark.parametrize('page', ['README.md', 'nbs/index.qmd'])
def test_python(tmp_path, page):
    "All of it, as one program"
    text = (ROOT/page).read_text(encoding='utf-8')
    code = '\n'.join(re.findall(r'```python\n(.*?)```', text, flags=re.S))
    assert code, f'{page} has no Python'
    p = subprocess.run([sys.executable, '-c', code], cwd=tmp_path, capture_output=True,
                       text=True)
    assert p.returncode==0, p.stderr
    assert p.stdout.strip(), 'it printed nothing'


def test_pip():
    "Both install from the same address"
    texts = [(ROOT/page).read_text(encoding='utf-8') for page in
             ('README.md', 'nbs/index.qmd')]
    lines = [re.findall(r'pip install git\+\S+', text) for text in texts]
    assert lines[0] and lines[0]==lines[1]
