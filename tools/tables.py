"Write the table of models from data/results.json into README.md and the preface, under a mark."
import json, re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = {'README.md':'nbs/', 'nbs/index.qmd':''}  # page: the folder of the chapters, seen from it
TABLE = re.compile(r'(<!-- made from data/results.json -->\n\n)(?:\|[^\n]*\n)*')


def table(results, folder):
    "The table of models in Markdown, each with a link to its chapter"
    lines = ['| model | parameters | train | dev | 95 % interval of dev | test | unseen test | distinct test |', '|---|--:|--:|--:|:-:|--:|--:|--:|']
    for r in results['models']:
        losses = [f'{x:.4f}' for x in (r['lecture']['train'], r['lecture']['dev'], r['lecture']['test'], r['unseen']['test'], r['distinct']['test'])]
        losses.insert(2, '{:.3f} to {:.3f}'.format(*r['lecture']['interval']))
        lines.append(f"| [{r['model']}]({folder}{r['chapter']}.ipynb) | {r['params']:,} | " + ' | '.join(losses) + ' |')
    return '\n'.join(lines) + '\n'


def pages(root):
    "What each page is, and what it should be"
    results = json.loads((root/'data'/'results.json').read_text(encoding='utf-8'))
    for name,folder in PAGES.items():
        text = (root/name).read_text(encoding='utf-8')
        if not TABLE.search(text): raise ValueError(f'{name}: has no place for the table of models, under <!-- made from data/results.json -->')
        yield name, text, TABLE.sub(lambda m: m[1] + table(results, folder), text)


if __name__ == '__main__':
    for name,_,text in pages(ROOT): (ROOT/name).write_text(text, encoding='utf-8')
