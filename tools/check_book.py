"`make check`: references, links, figures, headings, formulas, docments, imports and versions in the book's sources. It runs and fetches nothing; cells count from 0."
import argparse, ast, configparser, json, os, re, sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote
import yaml
from tables import pages

ROOT = Path(__file__).resolve().parent.parent
DOCS = ('README.md', 'CONTRIBUTING.md', 'data/README.md')  # not of the book, but with links and images like it
FRONT = re.compile(r'\A---\n(.*?)\n---\n', re.S)
BLOCK = re.compile(r'<!--.*?-->|^[ \t]*(`{3,}|~{3,})[^`\n]*$.*?(?:^[ \t]*\1[`~]*[ \t]*$|\Z)', re.M | re.S)
SPAN = re.compile(r'(?<![`\\])(`+)(?!`)(?:(?!\n\s*\n).)+?(?<!`)\1(?!`)', re.S)
FORMULA = re.compile(r'(?<!\\)\$\$(.+?)\$\$|(?<![\\$])\$(?![\s$])((?:\\.|[^$\\])+?)(?<!\s)\$(?!\d)', re.S)
NESTING = re.compile(r'\\(?:begin|end)\{[^{}]*\}|\\[a-zA-Z]+|\\.|[{}]', re.S)
LINK = re.compile(r'(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(\s*<?((?:[^\s()<>]|\([^\s()]*\))*)>?(?:\s+"[^"]*")?\s*\)(\{[^}]*\})?')
NAMED_LINK = re.compile(r'^ {0,3}\[[^\]^][^\]]*\]:\s+<?([^\s<>]+)', re.M)
URL = re.compile(r'https?://(?!example\.)[\w-]+(?:\.[\w-]+)*\.[a-z](?:[^\s<>()\[\]{}"\'`|\\]|\([^\s()]*\))*')
LABEL = re.compile(r'(sec|fig|eq|tbl)-', re.I)
TEST = re.compile(r'\b(assert|assert_close|raises|test_\w+)\b')


def cell(file, n, kind, source, outputs=()):
    "A cell, or a text file as one: `text` is without code blocks, `prose` also without code spans, `plain` also without formulas"
    c = SimpleNamespace(file=file, kind=kind, source=source, where=file if n is None else f'{file}, cell {n}')
    options = re.findall(r'^#\|[ \t]*([\w-]+)[ \t]*:?[ \t]*(.*)$', source, re.M) if kind=='code' else []
    c.options = {k: v.strip(' "\'') for k,v in options}
    c.exported = bool({'export', 'exports'} & set(c.options))
    c.image = any(k.startswith('image/') for o in outputs for k in o.get('data', {}))
    text = {'markdown':source, 'code':c.options.get('fig-cap', '')}.get(kind, '')  # a caption is prose too
    if n is None: text = FRONT.sub(lambda m: f'# {t}\n' if (t := (yaml.safe_load(m[1]) or {}).get('title')) else '', text)
    c.text = BLOCK.sub('', text)
    c.prose = SPAN.sub('code', c.text)
    paragraphs = re.split(r'\n\s*\n', c.prose)
    c.formulas = [m[1] or m[2] for p in paragraphs for m in FORMULA.finditer(p)]
    c.plain = '\n\n'.join(FORMULA.sub('…', p) for p in paragraphs)
    return c


def cells(root, file):
    "The cells of a notebook, or a text file as one"
    text = (root/file).read_text(encoding='utf-8')
    if not file.endswith('.ipynb'): return [cell(file, None, 'markdown', text)]
    return [cell(file, n, c['cell_type'], ''.join(c['source']), c.get('outputs', ())) for n,c in enumerate(json.loads(text)['cells'])]


def read(root):
    "The book under `root`"
    root, settings = Path(root).resolve(), configparser.ConfigParser()
    settings.read(root/'settings.ini', encoding='utf-8')
    files = sorted(f'nbs/{p.name}' for p in (root/'nbs').iterdir() if p.suffix in ('.ipynb', '.qmd') and p.name[0] not in '_.')
    b = SimpleNamespace(root=root, settings=settings['DEFAULT'], chapters={f: cells(root, f) for f in files})
    b.config = yaml.safe_load((root/'_quarto.yml').read_text(encoding='utf-8'))
    b.bib = (root/'nbs/references.bib').read_text(encoding='utf-8')
    b.cells = [c for chapter in b.chapters.values() for c in chapter]
    b.pages = b.cells + [c for f in DOCS if (root/f).exists() for c in cells(root, f)]
    b.labels = [(label, c) for c in b.cells for label in [i for i in ids(c) if LABEL.match(i)] + [c.options.get('label')] if label]
    return b


def ids(c): return re.findall(r'\{[^{}\n]*?#([\w:.-]+)', c.plain)


def references(c):
    "The keys after `@` in a cell's prose, of labels and of citations"
    text = re.sub(r'\]\([^)]*\)|<[^\s>]+>|https?://\S+', ']', c.plain)
    keys = re.findall(r'(?<![\w@/\\.])@(\w(?:[\w:.+/-]*\w)?)', text)
    return sorted({k[0].lower() + k[1:] if LABEL.match(k) else k for k in keys})  # a sentence may begin with @Fig-…


def headings(chapter):
    "Cell, level and text of each heading"
    return [(c, len(m[1]), m[2].strip()) for c in chapter if c.kind=='markdown' for m in re.finditer(r'^(#{1,6})[ \t]+(.+)$', c.text, re.M)]


def anchors(chapter):
    "What `#…` can lead to in a file: ids, the labels of figures, and what pandoc (outside the book GitHub) makes of headings"
    found, seen = {i for c in chapter for i in ids(c) + re.findall(r'\bid="([^"]+)"', c.source) + [c.options.get('label')]}, Counter()
    for c,level,title in headings(chapter):
        if '{#' in title or level==1 and c.file.endswith('.ipynb'): continue
        title = re.sub(r'\[([^\]]*)\]\([^)]*\)|\s*\{[^{}]*\}$', r'\1', title).lower()
        if c.file.endswith('.md'): slug = re.sub(r'[^\w -]', '', title).replace(' ', '-')
        else: slug = re.sub(r'^[\W\d_]+', '', '-'.join(re.sub(r'[^\w\s.-]', '', title).split())) or 'section'
        found.add(f'{slug}-{seen[slug]}' if seen[slug] else slug)
        seen[slug] += 1
    return found


def links(text):
    "Whether it is an image, the text, the target and the attributes of each Markdown link, those inside another one too"
    for m in LINK.finditer(text):
        yield bool(m[1]), m[2], m[3], m[4] or ''
        yield from links(m[2])


def parsed(c):
    "The statements of a code cell; none if it isn't Python alone"
    try: return ast.parse(c.source if c.kind=='code' else '').body
    except SyntaxError: return []


def names(nodes):
    "The names that code uses, and the first word of each string, which may be a command"
    found = [n for node in nodes for n in ast.walk(node)]
    words = [re.match(r'\w*', n.value)[0] for n in found if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    return {getattr(n, 'id', getattr(n, 'attr', None)) for n in found} | set(words)


def definitions(c):
    "The definitions that a cell exports, and the names that each one uses"
    defs = [d for d in parsed(c) if c.exported and isinstance(d, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))]
    return {d.name: names(d.body + getattr(d, 'bases', [])) for d in defs}


def is_check(c):
    "Whether a cell that isn't exported asserts something, ends in a value, or draws a figure"
    body = parsed(c)
    return bool(body) and not c.exported and bool(isinstance(body[-1], ast.Expr) or c.image or TEST.search('\n'.join(map(ast.unparse, body))))


def nesting(tex):
    "What is wrong with the braces, environments and delimiters of a formula"
    expected = []
    for token in NESTING.findall(tex):
        if token in ('{', r'\left') or token.startswith(r'\begin{'): expected.append({'{':'}', r'\left':r'\right'}.get(token, r'\end' + token[6:]))
        elif token in ('}', r'\right') or token.startswith(r'\end{'):
            if not expected or expected.pop()!=token: return f'{token} closes what was not opened'
    return f'{expected[-1]} is missing' if expected else ''


# The checks: each takes the book and yields its faults

def check_references(b):
    "Labels are unique; references lead to a label and citations to an entry; each entry is cited"
    first, entries = {}, Counter(re.findall(r'^@\w+\{\s*([^\s,]+)\s*,', b.bib, re.M))
    for label,c in b.labels:
        if label in first: yield f'{c.where}: the label {label} is also in {first[label]}; rename one'
        first.setdefault(label, c.where)
    for c in b.cells:
        for k in references(c):
            if LABEL.match(k) and k not in first: yield f'{c.where}: @{k} refers to no label; correct it, or label what it means'
            if not LABEL.match(k) and k not in entries: yield f'{c.where}: @{k} is not in references.bib; correct the key, or add the entry'
    cited = {k for c in b.cells for k in references(c)}
    for k,n in entries.items():
        if k not in cited: yield f'nbs/references.bib: {k} is cited nowhere; cite it, or remove the entry'
        if n > 1: yield f'nbs/references.bib: {n} entries have the key {k}; leave one'


def check_links(b):
    "Links and images within the repository lead to something"
    in_file = {file: anchors([c for c in b.pages if c.file==file]) for file in {c.file for c in b.pages}}
    for c in b.pages:
        for target in dict.fromkeys([target for _,_,target,_ in links(c.plain)] + NAMED_LINK.findall(c.plain)):
            if re.match(r'[a-zA-Z][\w+.-]*:|//', target): continue
            path, _, anchor = target.partition('#')
            file = os.path.relpath(b.root/os.path.dirname(c.file)/unquote(path), b.root) if path else c.file
            if not target or not (b.root/file).exists(): yield f'{c.where}: the link to {target!r} leads to no file; correct it'
            elif c.file.startswith('nbs/') and not file.startswith('nbs/'):
                yield f'{c.where}: {target} is outside nbs/, so the site lacks it; link to it in the public repository'
            elif anchor and anchor not in in_file.get(file, [anchor]): yield f'{c.where}: {target} leads to no heading or id; correct it'


def check_chapters(b):
    "_quarto.yml lists what there is"
    def leaves(x): return [x] if isinstance(x, str) else [l for y in (x.values() if isinstance(x, dict) else x or []) for l in leaves(y)]
    book = b.config['book']
    listed = [f'nbs/{f}' for f in leaves([book['chapters'], book.get('appendices')]) if f.endswith(('.ipynb', '.qmd', '.md'))]
    for f in listed:
        if not (b.root/f).exists(): yield f'_quarto.yml: the chapter {f} does not exist; correct the list'
    for f in b.chapters:
        if f not in listed: yield f"{f}: _quarto.yml doesn't list it; add it there, or let its name begin with _"


def check_figures(b):
    "Figures have a label, a caption and alt text, and are mentioned; images have alt text"
    mentioned = {k for c in b.cells for k in references(c)}
    for c in b.cells:
        lacking = [k for k in ('label', 'fig-cap', 'fig-alt') if not c.options.get(k)]
        if c.image and lacking: yield f"{c.where}: the figure lacks {', '.join(lacking)}; add " + ' and '.join(f'`#| {k}: …`' for k in lacking)
        elif c.image and not c.options['label'].startswith('fig-'): yield f"{c.where}: {c.options['label']} labels a figure; begin it with fig-"
    for label,c in b.labels:
        if label.startswith(('fig-', 'eq-')) and label not in mentioned: yield f'{c.where}: no text mentions @{label}; refer to it where it is discussed'
    for c in b.pages:
        for image,alt,target,attributes in links(c.plain):
            if image and not alt.strip() and not re.search(r'fig-alt="[^"]', attributes):
                yield f'{c.where}: the image {target} has no alt text; write it between the brackets'


def check_headings(b):
    "One title for each chapter, without an id; headings go down one level at a time"
    for file,chapter in b.chapters.items():
        found, above = headings(chapter), 1
        titles = [(c, t) for c,level,t in found if level==1]
        if not titles: yield f'{file}: the chapter has no title; begin it with a line `# …`'
        for c,t in titles[1:]: yield f'{c.where}: {t!r} is a second title; leave one line that begins with `# `'
        for c,t in titles:
            if re.search(r'\{[^}]*#', t): yield f'{c.where}: the title {t!r} has an id, which the reader would see; remove it, and link to the file'
        for c,level,t in found:
            if level > above + 1: yield f'{c.where}: {t!r} is a heading of level {level} under one of level {above}; make it level {above + 1}'
            above = level


def check_divs(b):
    "What `:::` opens is closed"
    for chapter in b.chapters.values():
        opened = []
        for c,rest in [(c, rest.strip(': ')) for c in chapter for rest in re.findall(r'^[ \t]*:{3,}(.*)$', c.text, re.M)]:
            if rest: opened.append((c, rest))
            elif opened: opened.pop()
            else: yield f'{c.where}: ::: closes what was not opened; remove it, or open the block'
        for c,rest in opened: yield f'{c.where}: the block ::: {rest} is not closed; close it with :::'


def check_definitions(b):
    "Each exported definition is checked in the next four code cells, itself or through another one exported there that uses it"
    for chapter in b.chapters.values():
        code = [c for c in chapter if c.kind=='code']
        for k,c in enumerate(code):
            checked = {name for x in code[k+1:k+5] if is_check(x) for name in names(parsed(x))}
            for d,uses in reversed([item for x in code[k:k+5] for item in definitions(x).items()]):
                if d in checked: checked |= uses
            lacking = [d for d in definitions(c) if d[0]!='_' and d not in checked]
            if lacking: yield f"{c.where}: no check of {', '.join(lacking)} in the next four code cells; assert what must hold and what must fail"


def check_docments(b):
    "Each parameter of an exported function or class has a comment, on its line, and so has what a function returns"
    def comment_after(c, line, column): return '#' in c.source.split('\n')[line - 1].encode()[column:].decode()
    for c in [c for c in b.cells if c.exported]:
        for d in [d for d in parsed(c) if isinstance(d, (ast.FunctionDef, ast.ClassDef)) and d.name[0]!='_']:
            methods = [d] if isinstance(d, ast.FunctionDef) else [f for f in d.body if isinstance(f, ast.FunctionDef) and (f.name[0]!='_' or f.name in ('__init__', '__call__', '__getitem__'))]
            for f in methods:
                arguments = [a for a in [*f.args.posonlyargs, *f.args.args, *f.args.kwonlyargs, f.args.vararg, f.args.kwarg] if a and a.arg!='self']
                bare = [a.arg for a in arguments if not comment_after(c, a.lineno, a.col_offset)]
                if bare: yield f"{c.where}: {f.name} of {d.name} doesn't say what {', '.join(bare)} is; comment it, with shape and unit"
                returns = any(isinstance(n, ast.Return) and n.value for n in ast.walk(f)) and (f is d or ast.get_docstring(f) or f.name[0]=='_')  # a method without a docstring repeats one of its base
                line, column = (f.returns.end_lineno, f.returns.end_col_offset) if f.returns else (max(f.lineno, f.body[0].lineno - 1), 0)
                if returns and not comment_after(c, line, column): yield f"{c.where}: {f.name} of {d.name} doesn't say what it returns; comment it, with shape and unit"


def check_formulas(b):
    "Formulas are closed, and so is what they open"
    for c in b.cells:
        if stray := re.search(r'(?<!\\)\$+.{,30}', c.plain):
            yield f'{c.where}: no formula at {stray[0]!r}; close it, without spaces at its ends or an empty line in it'
        for tex in c.formulas:
            if wrong := nesting(tex): yield f"{c.where}: {wrong} in the formula {' '.join(tex.split())[:60]}; balance it"


def check_notebook_links(b):
    "Each notebook has a link to itself in Colab and one to its file, and installs the present version"
    s = b.settings
    for file,chapter in [item for item in b.chapters.items() if item[0].endswith('.ipynb')]:
        top = chapter[:2] + [c for c in chapter if c.kind=='markdown'][:1]
        targets = [target for c in top for _,_,target,_ in links(c.plain)]
        colab = f"https://colab.research.google.com/github/{s['user']}/{s['repo']}/blob/{s['branch']}/{file}"
        for url in (colab, f"{s['git_url']}/raw/{s['branch']}/{file}"):
            if url not in targets: yield f'{file}, cell 0: no link to {url}; add it below the title'
        version = f"{s['lib_name']}=={s['version']}"
        if not any(c.kind=='code' and re.search(re.escape(version) + r'(?![\w.])', c.source) for c in chapter):
            yield f'{file}: no code cell installs {version}; add one, or correct its version'


def check_version(b):
    "Whatever names the version names that of settings.ini"
    version = b.settings['version']
    for c in b.cells:
        for found in re.findall(r'--branch v([\w.]+)', c.source) if c.kind=='code' else ():
            if found != version: yield f'{c.where}: clones version {found}, not {version}; correct one of them'
    for file,pattern in (('CITATION.cff', r'^version: *(\S+)'), ('CHANGELOG.md', r'^## ([\w.]+)')):
        if (b.root/file).exists() and (found := re.findall(pattern, (b.root/file).read_text(encoding='utf-8'), re.M)[:1]) != [version]:
            yield f'{file}: its version is {(*found, "missing")[0]}, not {version}; correct one of them'


def check_imports(b):
    "What a chapter exports uses the modules of earlier chapters only"
    earlier, package = set(), b.settings['lib_name']
    for chapter in b.chapters.values():
        for c in [c for c in chapter if c.exported]:
            imports = [n for s in parsed(c) for n in ast.walk(s) if isinstance(n, (ast.Import, ast.ImportFrom))]
            found = [f"{n.module}.{a.name}" if isinstance(n, ast.ImportFrom) else a.name for n in imports for a in n.names]
            for m in [x.split('.')[1] for x in dict.fromkeys(found) if x.startswith(f'{package}.')]:
                if m not in earlier | {'__version__'}: yield f'{c.where}: imports {package}.{m}, which no earlier chapter exports; move the definition, or the import into a cell of checks'
        earlier |= {c.options['default_exp'] for c in chapter if 'default_exp' in c.options}


def check_results(b):
    "The tables of models on the pages are those of data/results.json"
    if not (b.root/'data/results.json').exists(): return
    for name,text,expected in pages(b.root):
        if text != expected: yield f"{name}: its table of models isn't that of data/results.json; run tools/tables.py"


CHECKS = [check_references, check_links, check_chapters, check_figures, check_headings, check_divs, check_definitions, check_docments, check_formulas,
          check_notebook_links, check_version, check_imports, check_results]


def faults(root):
    "One line for each fault of the book under `root`"
    b = read(root)
    return [fault for check in CHECKS for fault in check(b)]


def public_links(b):
    "The http(s) links of the book, of its bibliography (DOIs too), and of README and the like"
    found = {u for text in [c.prose for c in b.pages] + [b.bib] for u in URL.findall(text)}
    return sorted({u.rstrip('.,:;!?*') for u in found} | {f'https://doi.org/{d}' for d in re.findall(r'\bdoi\s*=\s*[{"]([^}"]+)', b.bib)})


def summary(b):
    "What was checked, in numbers"
    found = dict(references=[k for c in b.cells for k in references(c)], links=[l for c in b.pages for l in links(c.plain)],
                 headings=headings(b.cells), figures=[c for c in b.cells if c.image], formulas=[f for c in b.cells for f in c.formulas],
                 definitions=[d for c in b.cells for d in definitions(c) if d[0]!='_'])
    return f'{len(b.chapters)} chapters, {len(b.cells)} cells, ' + ', '.join(f'{len(v)} {k}' for k,v in found.items()) + ': no fault'


def main():
    "Print the faults, exit status 1 if there are any; or the links"
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('root', nargs='?', default=ROOT, help="the repository's root folder")
    parser.add_argument('--links', action='store_true', help='print all public links, one a line, and check nothing')
    args = parser.parse_args()
    if args.links: return print('\n'.join(public_links(read(args.root))))
    found = faults(args.root)
    print('\n'.join(found) or summary(read(args.root)))
    sys.exit(bool(found))


if __name__ == '__main__': main()
