"""`make page N=01`: how long a chapter's page is, how much of it is code, and what of it is
cut off, in a window of 1280 and of 390 pixels.

Pages are those that Quarto has made in _docs (`make docs`); where there is none, nbconvert
makes one, without the cells that Quarto hides. Chromium shows them, without a network."""
import argparse, contextlib, json, re, shutil, sys, tempfile
from pathlib import Path
from urllib.parse import urlsplit
from check_book import HIDDEN, ROOT, cell

WIDTHS = {1280: 900, 390: 844}  # of a window, with its height
# nbconvert's page, as wide as Quarto's text, and with code as large
STYLE = ('<style>main {max-width: 720px; margin: auto} main pre {font-size: 12.8px}'
         ' .jp-OutputArea-output pre {white-space: pre; overflow-x: auto}</style>')
MEASURE = """() => {
  const main = document.querySelector('main'), all = s => [...main.querySelectorAll(s)];
  const shown = e => e.getBoundingClientRect().height;
  const code = all('div.cell-code, .jp-CodeCell .jp-InputArea');
  const outputs = all('.cell-output pre, .jp-OutputArea-output pre');
  const lines = all('div.cell-code code > span').filter(shown);
  const high = e => parseFloat(getComputedStyle(e).lineHeight);
  return {height: main.scrollHeight,
          code: code.reduce((sum, e) => sum + shown(e), 0)/main.scrollHeight,
          outputs: outputs.length,
          cut: outputs.filter(e => e.scrollWidth > e.clientWidth + 2).length,
          lines: lines.length, wrapped: lines.filter(e => shown(e) > 1.5*high(e)).length,
          aside: document.documentElement.scrollWidth - innerWidth};
}"""


def by_nbconvert(notebook, folder):
    "The name of a page in `folder` with the cells of a notebook that a reader sees"
    import nbformat
    from nbconvert import HTMLExporter
    nb = nbformat.read(notebook, as_version=4)
    cells = [(c, cell('', 0, c.cell_type, c.source)) for c in nb.cells]
    nb.cells = [c for c,read in cells if not HIDDEN & set(read.options)]
    for c,read in cells:
        if c.cell_type=='code': c.source = '\n'.join(read.lines)
    html, _ = HTMLExporter().from_notebook_node(nb)
    name = f'{Path(notebook).stem}.html'
    (Path(folder)/name).write_text(html.replace('</head>', STYLE + '</head>'),
                                   encoding='utf-8')
    return name


def executable():
    "Where Chromium is; None if there is none"
    names = 'chromium', 'chromium-browser', 'google-chrome'
    return next(filter(None, map(shutil.which, names)), None)


@contextlib.contextmanager
def chromium():
    "Chromium, without a window"
    from playwright.sync_api import sync_playwright
    if not (path := executable()):
        sys.exit('page: no Chromium; install it (Debian: apt-get install chromium)')
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=['--no-sandbox'])
        yield browser
        browser.close()


def measure(browser, folder, name):
    "What MEASURE finds in a page of a folder, for each width; no other host answers"
    def answer(route):
        "With a file of the folder"
        file = Path(folder)/urlsplit(route.request.url).path[1:]
        if file.is_file(): route.fulfill(path=file)
        else: route.abort()
    for width,height in WIDTHS.items():
        page = browser.new_page(viewport=dict(width=width, height=height))
        page.route('**/*', answer)
        page.goto(f'http://book.test/{name}', wait_until='load')
        yield dict(width=width, **page.evaluate(MEASURE))
        page.close()


def main():
    "Print a table with a row for each page and width"
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('chapters', nargs='*', help='numbers, as 01; without: all pages')
    parser.add_argument('--json', action='store_true', help='print a list of JSON')
    args = parser.parse_args()
    sources = [p for p in sorted((ROOT/'nbs').iterdir())
               if p.suffix in ('.ipynb', '.qmd') and p.name[0]!='_'
               and (not args.chapters or p.name[:2] in args.chapters)]
    if not sources: sys.exit(f"page: no chapter {' '.join(args.chapters)} in nbs/")
    rows = []
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        for source in sources:
            name = re.sub(r'^\d+_', '', source.stem) + '.html'
            at, by = (ROOT/'_docs', 'quarto')
            if not (at/name).exists():
                if source.suffix=='.qmd': continue  # only Quarto makes a page of it
                at, by, name = folder, 'nbconvert', by_nbconvert(source, folder)
            made = dict(page=source.stem, by=by)
            rows += [{**made, **found} for found in measure(browser, at, name)]
    if args.json: return print(json.dumps(rows, indent=1))
    print(f"{'page':16}{'made by':11}{'window':>6}{'height':>8}{'code':>6}{'outputs':>9}"
          f"{'cut':>5}{'lines':>7}{'wrapped':>9}{'sideways':>10}")
    for r in rows:
        print(f"{r['page']:16}{r['by']:11}{r['width']:6}{r['height']:8,}{r['code']:6.0%}"
              f"{r['outputs']:9}{r['cut']:5}{r['lines']:7}{r['wrapped']:9}"
              f"{r['aside']:10}")


if __name__ == '__main__': main()
