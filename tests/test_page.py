"tools/page.py: what is cut off on a page, wrapped or too wide, and how much is code."
import nbformat
import pytest
from nbformat import v4
from page import by_nbconvert, measure

PAGE = """<!doctype html><style>body {margin: 0} pre {margin: 0; overflow: auto}
.cell-code span {display: block; white-space: pre-wrap; line-height: 20px}</style>
<main><p style="height: %dpx; margin: 0">Text</p>
<div class="cell-code"><pre><code><span>%s</span></code></pre></div>
<div class="cell-output"><pre>%s</pre></div>%s</main>"""


def found(browser, folder, height=100, code='x = 1', output='1', more=''):
    "What is measured in a page, by width"
    page = PAGE%(height, code, output, more)
    (folder/'one.html').write_text(page, encoding='utf-8')
    return {m.pop('width'): m for m in measure(browser, folder, 'one.html')}


def test_nothing(browser, tmp_path):
    "A narrow page: a line of code of 20 pixels in each window"
    for m in found(browser, tmp_path).values():
        assert m['code']==pytest.approx(20/m['height'], rel=.1) and m['height'] > 120
        assert (m['outputs'], m['lines'])==(1, 1)
        assert (m['cut'], m['wrapped'], m['aside'])==(0, 0, 0)


@pytest.mark.parametrize('key, planted', [
    ('cut', dict(output='w'*100)), ('wrapped', dict(code='word '*20)),
    ('aside', dict(more='<p style="width: 500px">wide</p>'))])
def test_planted(browser, tmp_path, key, planted):
    "What is too wide for a phone only, is seen there only"
    m = found(browser, tmp_path, **planted)
    assert m[1280][key]==0 and m[390][key]==(110 if key=='aside' else 1)


def test_share(browser, tmp_path):
    "The higher the text, the smaller the share of code"
    low, high = (found(browser, tmp_path, h)[1280]['code'] for h in (100, 1000))
    assert low > 5*high > 0


def test_without_quarto(browser, tmp_path):
    "The page that nbconvert makes has no hidden cell, and its outputs aren't wrapped"
    wide = v4.new_output('stream', text='w'*300)
    cells = [v4.new_markdown_cell('# One'), v4.new_code_cell('#| hide\nsecret = 1'),
             v4.new_code_cell('#| echo: true\nprint(x)  #| hide_line\nx=2', outputs=[wide])]
    nbformat.write(v4.new_notebook(cells=cells), tmp_path/'one.ipynb')
    name = by_nbconvert(tmp_path/'one.ipynb', tmp_path)
    html = (tmp_path/name).read_text(encoding='utf-8')
    assert 'secret' not in html and 'hide_line' not in html and 'echo' not in html
    for m in measure(browser, tmp_path, name):
        assert (m['outputs'], m['cut'])==(1, 1) and 0 < m['code'] < .5
