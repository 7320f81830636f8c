"The README's Python runs in an empty folder, and prints something."
import re, subprocess, sys
from workcopy import ROOT


def test_python(tmp_path):
    "All of it, as one program"
    text = (ROOT/'README.md').read_text(encoding='utf-8')
    code = '\n'.join(re.findall(r'```python\n(.*?)```', text, flags=re.S))
    assert code, 'README.md has no Python'
    p = subprocess.run([sys.executable, '-c', code], cwd=tmp_path, capture_output=True,
                       text=True)
    assert p.returncode==0, p.stderr
    assert p.stdout.strip(), 'it printed nothing'
