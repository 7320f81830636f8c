"""Checks of the rendered site, `python tools/check_site.py _docs`: links and anchors, raw
Markdown in the text, requests to other hosts, what is cut off or makes a page scroll
sideways, solutions that no keyboard opens, what axe-core finds serious or critical in
both themes, and what epubcheck says. One line for each fault; exit status 1 if any."""
import argparse, re, shutil, subprocess, sys
from collections import defaultdict
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from urllib.parse import unquote, urlsplit
from page import chromium

HOST = 'book.test'
SILENT = {'code', 'pre', 'script', 'style', 'math', 'mjx-container', 'textarea'}
VOID = {'area', 'base', 'br', 'col', 'embed', 'hr', 'img', 'input', 'link', 'meta',
        'param', 'source', 'track', 'wbr'}
# What a reader should never see: Markdown and references that weren't made into something
RAW = re.compile(r'\]\([^\s)]*\.(?:html|ipynb|qmd)|\]\(https?:|(?<!\w)\*\*\w|^:::|\{#[\w-]+\}|'
                 r'\?@|(?<!\w)@(?:sec|fig|eq|tbl)-|\{\{<|^#{1,6} |\\\(|\$\$', re.M)
# Such a link isn't seen in code either, where the Markdown of a lesson may stand
RAW_CODE = re.compile(r'\[`\w+`\]\(\S*\.html|@(?:sec|fig|eq|tbl)-\w')
SCHEMES = 'light', 'dark'
FOUND = """() => {
  const wide = e => e.scrollWidth > e.clientWidth + 2 && e.clientWidth;
  const start = e => (e.innerText || e.textContent).trim().split('\\n')[0].slice(0, 50);
  const all = s => [...document.querySelectorAll(s)];
  return {cut: all('main .cell-output pre, main table, .math.display').filter(wide).map(start),
          aside: document.documentElement.scrollWidth - innerWidth};
}"""
AXE = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations
  .filter(v => ['serious', 'critical'].includes(v.impact))
  .map(v => [v.id, v.nodes.length, v.nodes[0].target.join(' ')])"""


class Page(HTMLParser):
    "A page's ids, its links, and its text outside code and in it"
    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.open = set(), [], []
        self.text, self.code = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        "An opening tag"
        if tag not in VOID: self.open.append(tag)
        a = dict(attributes)
        self.ids |= {a[k] for k in ('id', 'name') if a.get(k)}
        for k in ('href', 'src', 'srcset', 'poster'):
            if a.get(k): self.links.append((tag, a.get('rel'), a[k]))

    def handle_endtag(self, tag):
        "A closing tag, which may close others that were left open"
        if tag in self.open:
            while self.open.pop()!=tag: pass

    def handle_data(self, data):
        "Text"
        if 'head' in self.open or {'script', 'style', 'math'} & set(self.open): return
        # A formula that MathJax has yet to set
        spans = {'code', 'pre'} & set(self.open)
        (self.code if spans else self.text).append(data)


def links(folder, pages):
    "Links of a page that lead to no file, or to no place in it"
    for name,page in pages.items():
        for tag,rel,link in page.links:
            url = urlsplit(link)
            if url.scheme or url.netloc or tag=='link' and rel=='canonical': continue
            path = unquote(url.path)
            if path.startswith('/'):
                yield f'{name}: {link} leads to the root of a host; make it relative'
                continue
            file = (folder/path).resolve() if path else folder/name
            if not path or path=='./' : file = folder/(name if not path else 'index.html')
            if not file.is_file(): yield f'{name}: {link} leads to no file'
            elif url.fragment and file.suffix=='.html' and tag=='a':
                target = pages.get(file.name)
                anchor = unquote(url.fragment)
                if target and anchor not in target.ids | {'', 'top'}:
                    yield f'{name}: {link} leads to no place on {file.name}'


def raw(folder, pages):
    "Markdown that is seen as it was written"
    for name,page in pages.items():
        # What is between \( and \) is a formula, for MathJax
        text = re.sub(r'\\\(.*?\\\)|\\\[.*?\\\]', '', ''.join(page.text), flags=re.S)
        text = re.sub(r'[ \t]+', ' ', text)
        for pattern,where in ((RAW, text), (RAW_CODE, ''.join(page.code))):
            for m in pattern.finditer(where):
                around = ' '.join(where[max(m.start()-30, 0):m.end()+30].split())
                yield f'{name}: raw Markdown: …{around}…'


def epub(folder, pages):
    "What epubcheck says of each EPUB: an error of any kind, or a warning"
    for file in folder.glob('*.epub'):
        if not (found := shutil.which('epubcheck')):
            yield f'{file.name}: not checked; install epubcheck (Debian: apt-get install epubcheck)'
            continue
        # Debian's is a Java archive
        with open(found, 'rb') as f: archive = f.read(2)==b'PK'
        command = ['java', '-jar', found] if archive else [found]
        p = subprocess.run([*command, file], capture_output=True, text=True)
        said = re.findall(r'^(?:ERROR|FATAL|WARNING).*$', p.stdout + p.stderr, re.M)
        yield from (f'{file.name}: {line}' for line in said)
        if p.returncode and not said: yield f'{file.name}: {p.stdout}{p.stderr}'.strip()


STATIC = links, raw, epub


def opened(browser, folder, name, width, scheme, outside):
    "A page of the folder in a window; addresses of other hosts go into `outside`"
    page = browser.new_page(viewport=dict(width=width, height=900), color_scheme=scheme)

    def answer(route):
        "With a file of the folder, whatever stands before its name"
        url = urlsplit(route.request.url)
        file = folder/unquote(url.path)[1:]
        if url.hostname!=HOST: outside.add(route.request.url)
        if url.hostname==HOST and file.is_file(): route.fulfill(path=file)
        elif url.hostname==HOST: route.fulfill(status=404, body='')
        else: route.abort()
    page.route('**/*', answer)
    page.goto(f'http://{HOST}/{name}', wait_until='load')
    page.evaluate("async () => { if (window.MathJax?.startup?.promise) "
                  "await MathJax.startup.promise; await document.fonts.ready }")
    return page


def keyboard(page):
    "How many folded solutions Enter doesn't open"
    closed = 0
    for header in page.locator('.callout-header[data-bs-toggle]').all()[:2]:
        target = header.get_attribute('data-bs-target') or header.get_attribute('href')
        before = header.get_attribute('aria-expanded')
        header.focus()
        page.keyboard.press('Enter')
        page.wait_for_timeout(500)
        focused = header.evaluate('e => document.activeElement===e')
        if not (focused and target) or header.get_attribute('aria-expanded')==before:
            closed += 1
    return closed


def rendered(browser, folder, names, axe):
    "The faults that only a browser shows"
    outside = defaultdict(set)
    for name in names:
        for width in (1280, 390):
            page = opened(browser, folder, name, width, 'light', outside[name])
            found = page.evaluate(FOUND)
            if width==1280:
                yield from (f'{name}: cut off at {width} pixels: {start}'
                            for start in found['cut'])
                if closed := keyboard(page):
                    yield f"{name}: Enter doesn't open {closed} of its solutions"
            if found['aside'] > 0:
                yield (f"{name}: scrolls sideways by {found['aside']} pixels in a window "
                       f'of {width}')
            page.close()
        for scheme in SCHEMES if axe else ():
            page = opened(browser, folder, name, 1280, scheme, outside[name])
            page.evaluate(axe)
            for rule,n,where in page.evaluate(AXE):
                yield f'{name}: axe, {scheme}: {rule}, {n} times, first at {where}'
            page.close()
        yield from (f'{name}: asks another host: {url}' for url in sorted(outside[name]))


def axe_core():
    "The source of axe-core"
    return (files('axe_playwright_python')/'axe.min.js').read_text(encoding='utf-8')


def faults(folder, names=None, browser=None, axe=True):
    "The faults of the site in a folder, or of some of its pages"
    folder = Path(folder).resolve()
    files = sorted(folder.glob('*.html'))
    pages = {f.name: Page(f.read_text(encoding='utf-8')) for f in files}
    chosen = {k: v for k,v in pages.items() if not names or k in names}
    yield from (fault for check in STATIC for fault in check(folder, pages)
                if not names or fault.split(':')[0] in names)
    if browser: yield from rendered(browser, folder, chosen, axe and axe_core())


def main():
    "Print the faults"
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('folder', nargs='?', default='_docs', type=Path)
    parser.add_argument('--pages', nargs='+', metavar='NAME.html', help='only these')
    args = parser.parse_args()
    if not list(args.folder.glob('*.html')):
        sys.exit(f'check_site: no page in {args.folder}; make docs builds them')
    n = 0
    with chromium() as browser:
        for fault in faults(args.folder, args.pages, browser):
            print(fault, flush=True)
            n += 1
    print(f'{len(list(args.folder.glob("*.html")))} pages, {n} faults')
    sys.exit(bool(n))


if __name__ == '__main__': main()
