"What `make docs` does to each notebook, beside nbdev's own steps (`procs` in settings.ini)."
import re

SYMBOL = re.compile(r'^(?:class|def) ([A-Za-z]\w*)', re.M)


def add_label(cell):
    "Give a shown definition the anchor to which nbdev lets links to its name lead"
    if cell.cell_type!='code' or 'exports' not in cell.directives_: return
    if symbol := SYMBOL.search(cell.source):
        cell.source = f'#| label: {symbol[1].lower()}\n{cell.source}'
