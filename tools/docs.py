"""What `make docs` does to each notebook, beside nbdev's own steps (`procs` in
settings.ini), and where the package's symbols stand in the book."""
import ast, re
from functools import lru_cache
from pathlib import Path
from check_book import ROOT, cells, headings, public

SYMBOL = re.compile(r'^(?:class|def) ([A-Za-z]\w*)', re.M)
SECTION = re.compile(r'^#{2,6} +(.+?) *\{#(sec-[\w-]+)\}', re.M)
# nbdev's links to symbols, whatever stands before the page's name
LINK = re.compile(r'\]\((?:[^()\s]*/)?([a-z_]+)\.html#([\w.]+)\)')
DOWNLOAD = re.compile(r'\[Download the notebook\]\(\S+/(\w+\.ipynb)\)')


def page(notebook):
    "The name of a notebook's page"
    return re.sub(r'^\d+_', '', notebook.stem) + '.html'


def found_in(notebook):
    """Of each public symbol that a notebook exports, in its order: whether the page shows
    it, and the heading and id of the section in which it stands"""
    found = cells(ROOT, notebook.relative_to(ROOT).as_posix())
    title, place = headings(found)[0][2], ''
    for c in found:
        if c.kind=='markdown':
            for title,place in SECTION.findall(c.text): pass
        elif c.exported:
            for s in ast.parse(c.source).body:
                for name in public(s):
                    yield name, ('exports' in c.options, title, place)


@lru_cache
def symbols():
    "Symbol -> notebook, whether its page shows it, and the section's heading and id"
    return {name: (notebook, *found) for notebook in sorted((ROOT/'nbs').glob('*.ipynb'))
            for name,found in found_in(notebook)}


def section(name):
    "The heading and the address of the section in which a symbol is told of"
    notebook, shown, title, place = symbols()[name]
    anchor = name.lower() if shown and not name.isupper() else place
    return title, f'{notebook.name}#{anchor}' if anchor else notebook.name


def target(name):
    "The page and anchor that tell of a symbol: its source, or else its place in the API"
    notebook, shown, _, _ = symbols()[name]
    if shown and not name.isupper(): return f'{page(notebook)}#{name.lower()}'
    return f'api.html#{name}'


def add_label(cell):
    "Give a shown definition the anchor to which nbdev lets links to its name lead"
    if cell.cell_type!='code' or 'exports' not in cell.directives_: return
    if symbol := SYMBOL.search(cell.source):
        cell.source = f'#| label: {symbol[1].lower()}\n{cell.source}'


def mend_links(cell):
    """Let the links to symbols lead to where they are told of, and those to download a
    notebook to the site's own copy, which browsers save"""
    if cell.cell_type!='markdown' or not cell.source: return
    # nbdev links functions and classes, in lower case
    at = {name.lower(): target(name) for name in symbols() if not name.isupper()}

    def mended(m):
        "The link to a symbol, or to the class whose method it is"
        place = at.get(m[2].split('.')[0])
        return f'](/{place})' if place else m[0]
    cell.source = LINK.sub(mended, cell.source)
    cell.source = DOWNLOAD.sub(r'[Download the notebook](/notebooks/\1){download="\1"}',
                               cell.source)
