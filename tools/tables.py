"""Write the table of models from data/results.json into README.md and the page of all
models, under a mark."""
import json, re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = {'README.md': 'nbs/', 'nbs/models.qmd': ''}  # page: the chapters' folder from it
TABLE = re.compile(r'(<!-- made from data/results.json -->\n\n)(?:\|[^\n]*\n)*')
HEAD = ('| model | parameters | train | dev | 95 % interval of dev | test | unseen '
        'test | distinct test |')


def line(r, folder):
    "A model's row, with a link to its chapter"
    lecture = r['lecture']
    test = [r[protocol]['test'] for protocol in ('lecture', 'unseen', 'distinct')]
    train, dev, *rest = [f'{x:.4f}' for x in (lecture['train'], lecture['dev'], *test)]
    interval = '{:.3f} to {:.3f}'.format(*lecture['interval'])
    model = f"[{r['model']}]({folder}{r['chapter']}.ipynb)"
    cells = model, f"{r['params']:,}", train, dev, interval, *rest
    return f"| {' | '.join(cells)} |"


def called(r):
    "How a mixture is called on pages: one of many models by their number"
    many = len(r['members']) > 4
    return f"mixture: {len(r['members'])} models" if many else f"mixture: {r['model']}"


def mixed(r, folder):
    "A mixture's row; it wasn't trained on distinct names, and is judged on dev and test"
    losses = ['', f"{r['dev']:.4f}"]
    interval = '{:.3f} to {:.3f}'.format(*r['interval'])
    tests = [f'{r[k]:.4f}' for k in ('test', 'unseen_test')]
    model = f"[{called(r)}]({folder}09_results.ipynb)"
    cells = model, f"{r['params']:,}", *losses, interval, *tests, ''
    return f"| {' | '.join(cells)} |"


def table(results, folder):
    "The table of models in Markdown"
    lines = [line(r, folder) for r in results['models']]
    lines += [mixed(r, folder) for r in results.get('mixtures', [])]
    return '\n'.join([HEAD, '|---|--:|--:|--:|:-:|--:|--:|--:|', *lines]) + '\n'


def pages(root):
    "What each page is, and what it should be"
    results = json.loads((root/'data'/'results.json').read_text(encoding='utf-8'))
    for name,folder in PAGES.items():
        text = (root/name).read_text(encoding='utf-8')
        if not TABLE.search(text):
            raise ValueError(f'{name}: has no place for the table of models, under '
                             '<!-- made from data/results.json -->')
        made = table(results, folder)
        yield name, text, TABLE.sub(lambda m: m[1] + made, text)


if __name__ == '__main__':
    for name,_,text in pages(ROOT): (ROOT/name).write_text(text, encoding='utf-8')
