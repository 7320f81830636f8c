"""tools/check_site.py sees each fault that is planted on a small page, and nothing on a
sound one; tools/docs.py and tools/website.py: where symbols are told of, what is made."""
import ast, shutil, zipfile
import pytest
from fastcore.basics import AttrDict
import check_site, docs, website
from check_book import ROOT, read

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>One</title>
<meta name="viewport" content="width=device-width"><style>pre {overflow: auto}</style>
%s</head><body><main><h1 id="one">One</h1><p>Text, and <a href="two.html#two">a link</a>.
</p>%s</main></body></html>"""
TWO = PAGE.replace('two.html#two', 'one.html#one')%('', '<h2 id="two">Two</h2>')
SOLUTION = """<div class="callout-header" data-bs-toggle="collapse" aria-expanded="false"
data-bs-target=".more" %s onclick="this.ariaExpanded = this.ariaExpanded!='true'">
Solution</div><div class="more">It is 3.</div>"""
KEYS = """role="button" tabindex="0" onkeydown="if (event.key=='Enter') this.click()" """
OUTPUT = '<div class="cell-output"><pre tabindex="0">%s</pre></div>'


def found(folder, body='', head='', browser=None, axe=False):
    "What is found in a site of two pages, of which one has `body` and `head`"
    (folder/'one.html').write_text(PAGE%(head, body), encoding='utf-8')
    (folder/'two.html').write_text(TWO, encoding='utf-8')
    return list(check_site.faults(folder, ['one.html'] if browser else None, browser, axe))


SOUND = SOLUTION%KEYS + OUTPUT%'1' + '''<p>An e-mail to a@sec.example, 2**3 in text and
\\(a_b^2\\) in a formula; <a href="https://example.org/#x">elsewhere</a>.</p>
<pre><code># a comment\n[`word`](chapter.md) in code\n</code></pre>'''


def test_sound(browser, tmp_path):
    "Nothing is found where nothing is wrong"
    assert found(tmp_path, SOUND, browser=browser, axe=True)==[]


@pytest.mark.parametrize('planted, said', [
    ('<a href="three.html">x</a>', 'three.html leads to no file'),
    ('<img src="a.png" alt="">', 'a.png leads to no file'),
    ('<a href="two.html#three">x</a>', '#three leads to no place on two.html'),
    ('<a href="#none">x</a>', '#none leads to no place on one.html'),
    ('<a href="/two.html">x</a>', 'leads to the root'),
    ('<p>[`fit`](/mlp.html#fit)</p>', 'raw Markdown'),
    ('<pre><code>x # a [`fit`](/mlp.html#fit)</code></pre>', 'raw Markdown'),
    ('<p>See ?@fig-x.</p>', 'raw Markdown'), ('<p>See @eq-mlp.</p>', 'raw Markdown'),
    ('<p>Some **bold** text</p>', 'raw Markdown'), ('<p>\n::: {.x}\n</p>', 'raw Markdown'),
    ('<p>$$x^2$$</p>', 'raw Markdown'), ('<h2>Title {#sec-x}</h2>', 'raw Markdown')])
def test_planted(tmp_path, planted, said):
    "One fault, and only it, in the sources of a page"
    faults = found(tmp_path, planted)
    assert faults and all(said in fault for fault in faults), faults


@pytest.mark.parametrize('planted, said', [
    (OUTPUT%('w'*300), 'cut off'), (SOLUTION%'', "Enter doesn't open"),
    ('<p style="width: 600px">wide</p>', 'scrolls sideways'),
    ('<img src="https://elsewhere.example/a.png" alt="">', 'asks another host'),
    ('<style>body {background: url(http://elsewhere.example/b.png)}</style>',
     'asks another host'),
    ('<p style="color: #aaa; background: #fff">pale</p>', 'axe, light: color-contrast'),
    ('<div aria-expanded="false">x</div>', 'axe, dark: aria-allowed-attr')])
def test_planted_in_browser(browser, tmp_path, planted, said):
    "A fault that only a browser shows"
    faults = found(tmp_path, planted, browser=browser, axe='axe' in said)
    assert faults and all(said.split(',')[0] in fault for fault in faults), faults
    assert any(said in fault for fault in faults), faults


def test_by_file(browser, tmp_path):
    "A script at a fixed address is seen, and so is what a page's script asks for later"
    head = '<script src="https://elsewhere.example/x.js"></script>'
    late = '<script>fetch("https://late.example/y")</script>'
    said = '\n'.join(found(tmp_path, late, head, browser))
    assert 'elsewhere.example' in said and 'late.example' in said


@pytest.mark.parametrize('text, wrong', [
    ('<p>whole</p>', ''), ('<details open><p>x</p></details>', 'open'),
    ('<a href="#none">x</a>', 'ragment')])
def test_epub(tmp_path, text, wrong):
    "epubcheck is asked, and its errors come out"
    if not shutil.which('epubcheck'):
        pytest.skip('not tested: epubcheck (Debian: apt-get install epubcheck)')
    files = {'META-INF/container.xml': """<?xml version="1.0"?><container version="1.0"
xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile
full-path="b.opf" media-type="application/oebps-package+xml"/></rootfiles></container>""",
             'b.opf': """<?xml version="1.0"?><package version="3.0" unique-identifier="i"
xmlns="http://www.idpf.org/2007/opf"><metadata
xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier id="i">urn:x</dc:identifier>
<dc:title>T</dc:title><dc:language>en</dc:language>
<meta property="dcterms:modified">2026-01-01T00:00:00Z</meta></metadata><manifest>
<item id="n" href="n.xhtml" media-type="application/xhtml+xml" properties="nav"/>
</manifest><spine><itemref idref="n"/></spine></package>""",
             'n.xhtml': f"""<?xml version="1.0"?><!DOCTYPE html><html
xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops">
<head><title>T</title></head><body><nav epub:type="toc"><ol><li><a href="n.xhtml">T</a>
</li></ol></nav>{text}</body></html>"""}
    with zipfile.ZipFile(tmp_path/'b.epub', 'w') as z:
        z.writestr('mimetype', 'application/epub+zip')
        for name,content in files.items(): z.writestr(name, content)
    said = list(check_site.epub(tmp_path, {}))
    assert bool(said)==bool(wrong), said
    assert wrong in ' '.join(said)


def test_symbols():
    "Every public name of the package has its place, and its entry on the API page"
    order = read(ROOT).settings['module_order'].split()
    page, n = website.api(order), 0
    for module in order:
        file = ROOT/'makemore_lit'/f'{module}.py'
        if not file.exists(): continue
        named = [s for s in ast.parse(file.read_text(encoding='utf-8')).body
                 if isinstance(s, ast.Assign) and ast.unparse(s.targets[0])=='__all__']
        for name in ast.literal_eval(named[0].value):
            assert page.count(f'## {module}.{name} {{#{name} ')==1, name
            n += 1
    assert page.count('.symbol}')==n > 100


def test_targets():
    "A shown definition has its anchor, a hidden one the API page, a private one a section"
    assert docs.target('NGram')=='contexts.html#ngram'
    assert docs.target('MLP').startswith('mlp.html#')
    assert docs.target('need')=='api.html#need'
    hidden = [n for n,(_, anchor, _, place) in docs.symbols().items()
              if n[0]=='_' and not anchor and place]
    assert hidden
    for name in hidden: assert '#sec-' in docs.target(name)


@pytest.mark.parametrize('source, expected', [
    ('def _low(): pass\ndef High(): pass', 'high'), ('def _low(): pass', 'own-low'),
    ('LIMIT = 3\nclass A: pass', 'a'), ('LIMIT = 3', '')])
def test_label(source, expected):
    "The first public definition gives the anchor, or else the first private one"
    assert docs.label(source)==expected


def test_links():
    "nbdev's links lead where symbols are told of; others are left alone"
    text = ('[`need`](/corpora.html#need) [`NGram.fit`](/contexts.html#ngram.fit) '
            '[`torch`](https://pytorch.org/docs/torch.html#x)')
    cell = AttrDict(cell_type='markdown', source=text)
    docs.mend_links(cell)
    assert cell.source==('[`need`](/api.html#need) [`NGram.fit`](/contexts.html#ngram) '
                         '[`torch`](https://pytorch.org/docs/torch.html#x)')


def test_no_links_in_code():
    "What a cell prints as a block of code has no links; what it prints as text has them"
    link, block = '[`fit`](/mlp.html#fit)', '```python\n# {} and more\n```'
    cell = AttrDict(cell_type='code', source='', outputs=[
        AttrDict(data={'text/markdown': [text]}) for text in (block.format(link), link)])
    docs.mend_links(cell)
    code, text = (''.join(o.data['text/markdown']) for o in cell.outputs)
    assert (code, text)==(block.format('`fit`'), link)


def test_stub():
    "Heads as in the source; of a class the methods that users call, not the others"
    source = ('class A(B):\n    "What it is"\n    def __init__(self,\n'
              '                 x:int # how many\n                ):\n        self.x = x\n'
              '    def _own(self): pass\n    def run(self): # a number\n'
              '        "Run it"\n        return 1\n')
    made = website.stub(source.split('\n'), ast.parse(source).body[0])
    assert made==('class A(B):\n    def __init__(self,\n                 x:int # how many\n'
                  '                ):\n    def run(self): # a number\n        "Run it"')


def test_chapter_ids():
    "Titles of parts come first, and a chapter of the same name gets a number"
    ids = website.chapter_ids(read(ROOT))
    assert ids['01_counts']=='counting-1' and ids['00_data']=='names-as-data'
    assert ids['preface']=='preface'


def test_checksum(tmp_path, monkeypatch):
    "A file with another checksum isn't taken, from the cache or from an address"
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    monkeypatch.setattr(website, 'MADE', tmp_path/'made')
    (tmp_path/'made').mkdir()
    right = '0'*64
    monkeypatch.setattr(website, 'LOADED', {'a.js': ('data:,other', right)})
    with pytest.raises(SystemExit, match='SHA-256'): website.load()
    assert not (tmp_path/'makemore_lit'/'a.js').exists()
    right = 'd9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa'  # of 'other'
    monkeypatch.setattr(website, 'LOADED', {'a.js': ('data:,other', right)})
    website.load()
    assert (tmp_path/'made'/'a.js').read_bytes()==b'other'
    # Then the address isn't asked any more, unless the copy is damaged
    monkeypatch.setattr(website, 'LOADED', {'a.js': ('data:,none', right)})
    website.load()
    (tmp_path/'makemore_lit'/'a.js').write_bytes(b'damaged')
    with pytest.raises(SystemExit, match='SHA-256'): website.load()


def test_finish(tmp_path, monkeypatch):
    "The polyfill goes, a notebook is saved, a link leads past the menus, once"
    monkeypatch.setattr(website, 'MADE', tmp_path)
    (tmp_path/'404.html').write_text('lost')
    page = ('<html><head>\n<script src="https://cdn.example/polyfill.min.js?f"></script>'
            '</head><body class="x"><a href="https://github.com/u/r/raw/main/nbs/00_data'
            '.ipynb">Download</a><main id="quarto-document-content"></main></body></html>')
    (tmp_path/'site').mkdir()
    (tmp_path/'site'/'one.html').write_text(page)
    for _ in range(2): website.finish(tmp_path/'site')
    made = (tmp_path/'site'/'one.html').read_text()
    assert 'polyfill' not in made and made.count(website.SKIP)==1
    assert 'href="notebooks/00_data.ipynb" download="00_data.ipynb"' in made
    assert (tmp_path/'site'/'notebooks'/'00_data.ipynb').exists()
    assert (tmp_path/'site'/'404.html').exists()


def test_chapters(tmp_path, monkeypatch):
    "The preface's table has each chapter once; what wasn't measured is left empty"
    b = read(ROOT)
    monkeypatch.setattr(website, 'MINUTES', tmp_path/'minutes.json')
    website.MINUTES.write_text('{"00_data": 20.0, "03_mlp": 130.0}')
    head, _, *rows = website.chapters(b).strip().split('\n')
    assert head=='| chapter | what it is about | read | run |'
    assert len(rows)==sum(f.endswith('.ipynb') for f in b.chapters) + 1
    runs = {row.split('](')[1].split(')')[0]: row.split(' | ')[-1] for row in rows[:-1]}
    assert runs['00_data.ipynb']=='< 1 |' and runs['03_mlp.ipynb']=='2 |'
    assert runs['01_counts.ipynb'].strip()=='|'
    assert all(int(row.split(' | ')[2]) > 0 for row in rows[:-1])


@pytest.fixture
def assets(tmp_path):
    "A site's folder with the scripts and models"
    (tmp_path/'assets').mkdir()
    for file in (ROOT/'nbs'/'assets').iterdir():
        if file.is_file(): shutil.copy(file, tmp_path/'assets')
    return tmp_path


def test_names(browser, assets):
    "Without its script the first page has names; with it, others are drawn on request"
    body = ('<div id="names"><p><span class="name">emma</span> <span class="name">ava'
            '</span></p></div><script type="module" src="assets/names.js"></script>')
    found(assets, body)
    page = check_site.opened(browser, assets, 'one.html', 1280, 'light', set())
    assert page.inner_text('#names').split()==['emma', 'ava']
    page.click('#names + button')
    page.wait_for_function("!document.querySelector('#names + button').disabled")
    drawn = page.inner_text('#names').split()
    assert page.get_attribute('#names + button', 'title') is None
    assert 1 <= len(drawn) <= 2 and drawn!=['emma', 'ava']
    page.close()


def test_book_script(browser, assets):
    "Solutions open by Enter, what scrolls is reached by Tab, and a phone has the contents"
    body = (SOLUTION%'' + (OUTPUT%('w'*300)).replace(' tabindex="0"', '') +
            '<header id="title-block-header"></header><nav id="TOC"><ul><li><a href="#one" '
            'id="toc-one">One</a></li></ul></nav>')
    found(assets, body, '<script src="assets/book.js" defer></script>')
    page = check_site.opened(browser, assets, 'one.html', 390, 'light', set())
    assert check_site.keyboard(page)==0
    page.wait_for_function("document.querySelector('.cell-output pre').tabIndex===0")
    assert page.locator('details.contents a[href="#one"]').count()==1
    assert page.locator('#toc-one').count()==1
    page.close()
