"""What `make docs` does to each notebook, beside nbdev's own steps (`procs` in
settings.ini), and where the package's symbols stand in the book."""
import ast, re
from functools import lru_cache
from check_book import ROOT, cells, headings, public

SECTION = re.compile(r'^#{2,6} +(.+?) *\{#(sec-[\w-]+)\}', re.M)
# nbdev's links to symbols, whatever stands before the page's name
CODE_LINK = re.compile(r'\[(`[\w.]+`)\]\([^()\s]*\)')
LINK = re.compile(r'\]\((?:[^()\s]*/)?([a-z_]+)\.html#([\w.]+)\)')


def page(notebook):
    "The name of a notebook's page"
    return re.sub(r'^\d+_', '', notebook.stem) + '.html'


def definitions(source):
    "The functions and classes of a cell, public ones first"
    found = [s.name for s in ast.parse(source).body if hasattr(s, 'name')]
    return sorted(found, key=lambda name: name[0]=='_')


def constants(source):
    "What else a cell defines, and is public"
    return [name for s in ast.parse(source).body if not hasattr(s, 'name')
            for name in public(s)]


def label(source):
    "The anchor of a shown definition, to which nbdev lets links to its name lead"
    if not (found := definitions(source)): return ''
    # Quarto takes away an underscore at the beginning
    return found[0].lower() if found[0][0]!='_' else f'own-{found[0].lower()[1:]}'


def found_in(notebook):
    """Of each name that a notebook exports, in its order: the notebook, the anchor of its
    cell if the page shows it, and the heading and id of its section"""
    found = cells(ROOT, notebook.relative_to(ROOT).as_posix())
    title, place = headings(found)[0][2], ''
    for c in found:
        if c.kind=='markdown':
            for title,place in SECTION.findall(c.text): pass
        elif c.exported:
            anchor = label(c.source) if 'exports' in c.options else ''
            for name in constants(c.source) + definitions(c.source):
                yield name, (notebook, anchor, title, place)


@lru_cache
def symbols():
    "Each name that the package defines -> what `found_in` says of it"
    notebooks = sorted((ROOT/'nbs').glob('[!_.]*.ipynb'))
    return dict(pair for notebook in notebooks for pair in found_in(notebook))


def section(name):
    "The heading and the address of the section in which a symbol is told of"
    notebook, anchor, title, place = symbols()[name]
    anchor = anchor or place
    return title, f'{notebook.name}#{anchor}' if anchor else notebook.name


def target(name):
    """The page and anchor that tell of a symbol: its source; if no page shows that, its
    place in the API, or if it isn't public the section"""
    notebook, anchor, _, place = symbols()[name]
    if not anchor and name[0]!='_': return f'api.html#{name}'
    return f'{page(notebook)}#{anchor or place}'


def add_label(cell):
    "Give a shown definition its anchor"
    if cell.cell_type!='code' or 'exports' not in cell.directives_: return
    if name := label(cell.source): cell.source = f'#| label: {name}\n{cell.source}'


def mend_links(cell):
    """Let the links to symbols lead to where they are told of; no links in code that a
    cell gives out as Markdown, where they would be seen as they are written"""
    for output in cell.get('outputs', []):
        text = ''.join(output.get('data', {}).get('text/markdown', []))
        if text.startswith('```'): output.data['text/markdown'] = CODE_LINK.sub(r'\1', text)
    if cell.cell_type!='markdown' or not cell.source: return
    # In lower case, as nbdev has them; a function goes before a constant of that name
    at = {name.lower(): target(name) for name in sorted(symbols())}

    def mended(m):
        "The link to a symbol, or to the class whose method it is"
        place = at.get(m[2].split('.')[0])
        return f'](/{place})' if place else m[0]
    cell.source = LINK.sub(mended, cell.source)
