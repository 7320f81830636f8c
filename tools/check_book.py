"""`make check`: references, links, figures, headings, formulas, docments, imports,
versions and what a page shows, in the book's sources. It runs and fetches nothing;
cells count from 0."""
import argparse, ast, configparser, json, os, re, sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote
import yaml
from tables import pages

ROOT = Path(__file__).resolve().parent.parent
WIDTH = 88  # columns of code and of what it prints
HIDDEN = {'hide', 'export', 'exporti', 'default_exp'}  # options of cells not shown
GUARD = re.compile(r'\bis_names\b|\btest_fail\b|\bhypothesis\b|@given\b|\bpatch\b(?=[.(])'
                   r'|\bimport\b.*\bpatch\b')
CONFLICT = re.compile(r'^\s*"?`?((?:<{7}|\|{7}|>{7})(?!\S)'
                      r'|={7}(?=`?(?:\\n)?"?,?$))', re.M)
FOLDERS = ('', 'nbs', 'nbs/assets', 'makemore_lit', 'data', 'tools', 'tests')
TEXTS = '.py .md .ipynb .qmd .bib .html .css .scss .js .ini .yml .cff .toml'.split()
DOCS = 'README.md', 'CONTRIBUTING.md', 'data/README.md'  # with links like the book
FRONT = re.compile(r'\A---\n(.*?)\n---\n', re.S)
BLOCK = re.compile(r'<!--.*?-->'
                   r'|^[ \t]*(`{3,}|~{3,})[^`\n]*$.*?(?:^[ \t]*\1[`~]*[ \t]*$|\Z)',
                   re.M | re.S)
SPAN = re.compile(r'(?<![`\\])(`+)(?!`)(?:(?!\n\s*\n).)+?(?<!`)\1(?!`)', re.S)
FORMULA = re.compile(r'(?<!\\)\$\$(.+?)\$\$'
                     r'|(?<![\\$])\$(?![\s$])((?:\\.|[^$\\])+?)(?<!\s)\$(?!\d)', re.S)
NESTING = re.compile(r'\\(?:begin|end)\{[^{}]*\}|\\[a-zA-Z]+|\\.|[{}]', re.S)
LINK = re.compile(r'(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]'
                  r'\(\s*<?((?:[^\s()<>]|\([^\s()]*\))*)>?(?:\s+"[^"]*")?\s*\)'
                  r'(\{[^}]*\})?')
NAMED_LINK = re.compile(r'^ {0,3}\[[^\]^][^\]]*\]:\s+<?([^\s<>]+)', re.M)
URL = re.compile(r'https?://(?!example\.)[\w-]+(?:\.[\w-]+)*\.[a-z]'
                 r'(?:[^\s<>()\[\]{}"\'`|\\]|\([^\s()]*\))*')
LABEL = re.compile(r'(sec|fig|eq|tbl)-', re.I)
TEST = re.compile(r'\b(assert|assert_close|raises|test_\w+)\b')
FUNCTIONS = ast.FunctionDef, ast.AsyncFunctionDef
PUBLIC = '__init__', '__call__', '__getitem__'  # the special methods that readers call


def with_title(front):
    "A front matter's title as a heading"
    title = (yaml.safe_load(front[1]) or {}).get('title')
    return f'# {title}\n' if title else ''


def printed(output):
    "The lines of an output that the page shows as it is: no picture, table or formula"
    data = output.get('data', {'text/plain': output.get('text', '')})
    return ''.join(data['text/plain']).split('\n') if [*data]==['text/plain'] else []


def cell(file, n, kind, source, outputs=()):
    """A cell, or a text file as one: `text` is without code blocks, `prose` also
    without code spans, `plain` also without formulas"""
    where = file if n is None else f'{file}, cell {n}'
    c = SimpleNamespace(file=file, kind=kind, source=source, where=where)
    found = re.findall(r'^#\|[ \t]*([\w-]+)[ \t]*:?[ \t]*(.*)$', source, re.M)
    c.options = {k: v.strip(' "\'') for k,v in found} if kind=='code' else {}
    c.exported = bool({'export', 'exports'} & set(c.options))
    c.image = any(k.startswith('image/') for o in outputs for k in o.get('data', {}))
    c.lines = c.printed = []
    if kind=='code' and not HIDDEN & set(c.options):
        c.lines = [l for l in source.split('\n')
                   if not re.search(r'^\s*#\||#\|\s*hide_line\s*$', l)]
        c.printed = [l for o in outputs for l in printed(o)]
    # A caption is prose too.
    text = {'markdown': source, 'code': c.options.get('fig-cap', '')}.get(kind, '')
    if n is None: text = FRONT.sub(with_title, text)
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
    return [cell(file, n, c['cell_type'], ''.join(c['source']), c.get('outputs', ()))
            for n,c in enumerate(json.loads(text)['cells'])]


def read(root):
    "The book under `root`"
    root, settings = Path(root).resolve(), configparser.ConfigParser()
    settings.read(root/'settings.ini', encoding='utf-8')
    files = sorted(f'nbs/{p.name}' for p in (root/'nbs').iterdir()
                   if p.suffix in ('.ipynb', '.qmd') and p.name[0] not in '_.')
    b = SimpleNamespace(root=root, settings=settings['DEFAULT'],
                        chapters={f: cells(root, f) for f in files})
    b.config = yaml.safe_load((root/'_quarto.yml').read_text(encoding='utf-8'))
    b.bib = (root/'nbs/references.bib').read_text(encoding='utf-8')
    b.cells = [c for chapter in b.chapters.values() for c in chapter]
    b.pages = b.cells + [c for f in DOCS if (root/f).exists() for c in cells(root, f)]
    b.symbols = {d for c in b.cells for d in definitions(c) if d[0]!='_'}
    b.labels = [(label, c) for c in b.cells for label in labels(c)]
    return b


def ids(c):
    "The ids in a cell's text"
    return re.findall(r'\{[^{}\n]*?#([\w:.-]+)', c.plain)


def labels(c):
    "The labels that a cell gives: ids of the right kind, and that of its figure"
    found = [i for i in ids(c) if LABEL.match(i)] + [c.options.get('label')]
    return [label for label in found if label]


def references(c):
    "The keys after `@` in a cell's prose, of labels and of citations"
    text = re.sub(r'\]\([^)]*\)|<[^\s>]+>|https?://\S+', ']', c.plain)
    keys = re.findall(r'(?<![\w@/\\.])@(\w(?:[\w:.+/-]*\w)?)', text)
    # A sentence may begin with @Fig-….
    return sorted({k[0].lower() + k[1:] if LABEL.match(k) else k for k in keys})


def headings(chapter):
    "Cell, level and text of each heading"
    return [(c, len(m[1]), m[2].strip()) for c in chapter if c.kind=='markdown'
            for m in re.finditer(r'^(#{1,6})[ \t]+(.+)$', c.text, re.M)]


def slug_of(title, on_github):
    "The id that GitHub or pandoc makes of a heading"
    title = re.sub(r'\[([^\]]*)\]\([^)]*\)|\s*\{[^{}]*\}$', r'\1', title).lower()
    if on_github: return re.sub(r'[^\w -]', '', title).replace(' ', '-')
    joined = '-'.join(re.sub(r'[^\w\s.-]', '', title).split())
    return re.sub(r'^[\W\d_]+', '', joined) or 'section'


def anchors(chapter):
    """What `#…` can lead to in a file: ids, the labels of figures, and what pandoc
    (outside the book GitHub) makes of headings"""
    found, seen = {c.options.get('label') for c in chapter}, Counter()
    for c in chapter: found.update(ids(c) + re.findall(r'\bid="([^"]+)"', c.source))
    for c,level,title in headings(chapter):
        if '{#' in title or level==1 and c.file.endswith('.ipynb'): continue
        slug = slug_of(title, c.file.endswith('.md'))
        found.add(f'{slug}-{seen[slug]}' if seen[slug] else slug)
        seen[slug] += 1
    return found


def links(text):
    """Of each Markdown link, those inside another one too: whether it is an image, the
    text, the target and the attributes"""
    for m in LINK.finditer(text):
        yield bool(m[1]), m[2], m[3], m[4] or ''
        yield from links(m[2])


def targets(c):
    "What a cell's links lead to, each once"
    found = [target for _,_,target,_ in links(c.plain)] + NAMED_LINK.findall(c.plain)
    return list(dict.fromkeys(found))


def parsed(c):
    "The statements of a code cell; none if it isn't Python alone"
    try: return ast.parse(c.source if c.kind=='code' else '').body
    except SyntaxError: return []


def names(nodes):
    "The names that code uses, and the first words of its strings, maybe commands"
    found = [n for node in nodes for n in ast.walk(node)]
    strings = [n.value for n in found
               if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    words = {re.match(r'\w*', s)[0] for s in strings}
    return {getattr(n, 'id', getattr(n, 'attr', None)) for n in found} | words


def definitions(c):
    "The definitions that a cell exports, and the names that each one uses"
    if not c.exported: return {}
    defs = [d for d in parsed(c) if isinstance(d, (*FUNCTIONS, ast.ClassDef))]
    return {d.name: names(d.body + getattr(d, 'bases', [])) for d in defs}


def public(statement):
    "The public names that a statement at a module's top defines"
    if isinstance(statement, (*FUNCTIONS, ast.ClassDef)): found = [statement.name]
    else:
        targets = getattr(statement, 'targets', [getattr(statement, 'target', None)])
        found = [n.id for t in targets if t for n in ast.walk(t)
                 if isinstance(n, ast.Name)]
    return [name for name in found if name[0]!='_']


def docments(c):
    "The comments in the heads of a cell's functions and methods"
    for f in [n for s in parsed(c) for n in ast.walk(s) if isinstance(n, FUNCTIONS)]:
        end = max(f.lineno, f.body[0].lineno - 1)
        for line in c.source.split('\n')[f.lineno-1:end]:
            yield line.partition('#')[2]


def is_check(c):
    "Whether a cell that isn't exported asserts something, ends in a value, or draws"
    body = parsed(c)
    if not body or c.exported: return False
    shows = isinstance(body[-1], ast.Expr) or c.image
    return bool(shows or TEST.search('\n'.join(map(ast.unparse, body))))


def imported(b, c):
    "The modules of the package that a cell imports, in functions too"
    found, start = [], b.settings['lib_name'] + '.'
    for n in [n for s in parsed(c) for n in ast.walk(s)]:
        if isinstance(n, ast.Import): found += [a.name for a in n.names]
        elif isinstance(n, ast.ImportFrom):
            found += [f'{n.module}.{a.name}' for a in n.names]
    return list(dict.fromkeys(m.split('.')[1] for m in found if m.startswith(start)))


def nesting(tex):
    "What is wrong with the braces, environments and delimiters of a formula"
    expected = []
    for token in NESTING.findall(tex):
        if token=='{': expected.append('}')
        elif token==r'\left': expected.append(r'\right')
        elif token.startswith(r'\begin{'): expected.append(r'\end' + token[6:])
        elif token in ('}', r'\right') or token.startswith(r'\end{'):
            if not expected or expected.pop()!=token:
                return f'{token} closes what was not opened'
    return f'{expected[-1]} is missing' if expected else ''


# The checks: each takes the book and yields its faults

def check_references(b):
    "Labels are unique; references lead to a label, citations to an entry that is cited"
    first = {}
    entries = Counter(re.findall(r'^@\w+\{\s*([^\s,]+)\s*,', b.bib, re.M))
    for label,c in b.labels:
        if label in first:
            yield f'{c.where}: the label {label} is also in {first[label]}; rename one'
        first.setdefault(label, c.where)
    for c in b.cells:
        for k in references(c):
            if LABEL.match(k) and k not in first:
                yield (f'{c.where}: @{k} refers to no label; correct it, or label what '
                       'it means')
            if not LABEL.match(k) and k not in entries:
                yield (f'{c.where}: @{k} is not in references.bib; correct the key, or '
                       'add the entry')
    cited = {k for c in b.cells for k in references(c)}
    for k,n in entries.items():
        if k not in cited:
            yield (f'nbs/references.bib: {k} is cited nowhere; cite it, or remove the '
                   'entry')
        if n > 1: yield f'nbs/references.bib: {n} entries have the key {k}; leave one'


def check_links(b):
    "Links and images within the repository lead to something"
    files = {c.file for c in b.pages}
    in_file = {f: anchors([c for c in b.pages if c.file==f]) for f in files}
    # `make docs` gives it a section for each symbol
    if 'nbs/api.qmd' in in_file: in_file['nbs/api.qmd'] |= b.symbols
    for c,target in [(c, t) for c in b.pages for t in targets(c)]:
        if re.match(r'[a-zA-Z][\w+.-]*:|//', target): continue
        path, _, anchor = target.partition('#')
        whole = b.root/os.path.dirname(c.file)/unquote(path)
        file = os.path.relpath(whole, b.root) if path else c.file
        if file.startswith('nbs/made/'): continue  # `make docs` makes it
        if not target or not (b.root/file).exists():
            yield f'{c.where}: the link to {target!r} leads to no file; correct it'
        elif c.file.startswith('nbs/') and not file.startswith('nbs/'):
            yield (f'{c.where}: {target} is outside nbs/, so the site lacks it; link '
                   'to it in the public repository')
        elif anchor and anchor not in in_file.get(file, [anchor]):
            yield f'{c.where}: {target} leads to no heading or id; correct it'


def leaves(tree):
    "The strings in lists and dictionaries"
    if isinstance(tree, str): return [tree]
    below = tree.values() if isinstance(tree, dict) else tree or []
    return [leaf for branch in below for leaf in leaves(branch)]


def check_chapters(b):
    "_quarto.yml lists what there is"
    found = leaves([b.config['book'][k] for k in ('chapters', 'appendices')
                    if k in b.config['book']])
    listed = [f'nbs/{f}' for f in found if f.endswith(('.ipynb', '.qmd', '.md'))]
    for f in listed:
        if not (b.root/f).exists():
            yield f'_quarto.yml: the chapter {f} does not exist; correct the list'
    for f in b.chapters:
        if f not in listed:
            yield (f"{f}: _quarto.yml doesn't list it; add it there, or let its name "
                   "begin with _")


def check_figures(b):
    "Figures have label, caption and alt text, and are mentioned; images have alt text"
    mentioned = {k for c in b.cells for k in references(c)}
    for c in [c for c in b.cells if c.image]:
        lacking = [k for k in ('label', 'fig-cap', 'fig-alt') if not c.options.get(k)]
        if lacking:
            yield (f"{c.where}: the figure lacks {', '.join(lacking)}; add " +
                   ' and '.join(f'`#| {k}: …`' for k in lacking))
        elif not c.options['label'].startswith('fig-'):
            yield f"{c.where}: {c.options['label']} labels a figure; begin it with fig-"
    for label,c in b.labels:
        if label.startswith(('fig-', 'eq-')) and label not in mentioned:
            yield (f'{c.where}: no text mentions @{label}; refer to it where it is '
                   'discussed')
    for c in b.pages:
        for image,alt,target,attributes in links(c.plain):
            described = alt.strip() or re.search(r'fig-alt="[^"]', attributes)
            if image and not described:
                yield (f'{c.where}: the image {target} has no alt text; write it '
                       'between the brackets')


def check_headings(b):
    "One title for each chapter, without an id; headings go down one level at a time"
    for file,chapter in b.chapters.items():
        found, above = headings(chapter), 1
        titles = [(c, t) for c,level,t in found if level==1]
        if not titles:
            yield f'{file}: the chapter has no title; begin it with a line `# …`'
        for c,t in titles[1:]:
            yield (f'{c.where}: {t!r} is a second title; leave one line that begins '
                   'with `# `')
        for c,t in titles:
            if re.search(r'\{[^}]*#', t):
                yield (f'{c.where}: the title {t!r} has an id, which the reader would '
                       'see; remove it, and link to the file')
        for c,level,t in found:
            if level > above + 1:
                yield (f'{c.where}: {t!r} is a heading of level {level} under one of '
                       f'level {above}; make it level {above + 1}')
            above = level


def check_divs(b):
    "What `:::` opens is closed"
    for chapter in b.chapters.values():
        opened = []
        for c in chapter:
            for rest in re.findall(r'^[ \t]*:{3,}(.*)$', c.text, re.M):
                if rest := rest.strip(': '): opened.append((c, rest))
                elif opened: opened.pop()
                else:
                    yield (f'{c.where}: ::: closes what was not opened; remove it, or '
                           'open the block')
        for c,rest in opened:
            yield f'{c.where}: the block ::: {rest} is not closed; close it with :::'


def check_definitions(b):
    """Each exported definition is checked in the next four code cells, itself or
    through another one exported there that uses it"""
    for chapter in b.chapters.values():
        code = [c for c in chapter if c.kind=='code']
        for k,c in enumerate(code):
            checked = {name for x in code[k+1:k+5] if is_check(x)
                       for name in names(parsed(x))}
            near = [item for x in code[k:k+5] for item in definitions(x).items()]
            for d,uses in reversed(near):
                if d in checked: checked |= uses
            lacking = [d for d in definitions(c) if d[0]!='_' and d not in checked]
            if lacking:
                yield (f"{c.where}: no check of {', '.join(lacking)} in the next four "
                       "code cells; assert what must hold and what must fail")


def methods(d):
    "The function itself, or those of a class's methods that readers call"
    if isinstance(d, ast.FunctionDef): return [d]
    return [f for f in d.body if isinstance(f, ast.FunctionDef)
            and (f.name[0]!='_' or f.name in PUBLIC)]


def commented(c, line, column):
    "Whether a comment stands in a line after a column"
    return '#' in c.source.split('\n')[line - 1].encode()[column:].decode()


def check_docments(b):
    """Each parameter of an exported function or class has a comment, on its line, and
    so has what a function returns"""
    defs = [(c, d) for c in b.cells if c.exported for d in parsed(c)
            if isinstance(d, (ast.FunctionDef, ast.ClassDef)) and d.name[0]!='_']
    for c,d,f in [(c, d, f) for c,d in defs for f in methods(d)]:
        a = f.args
        arguments = [*a.posonlyargs, *a.args, *a.kwonlyargs, a.vararg, a.kwarg]
        bare = [x.arg for x in arguments if x and x.arg!='self'
                and not commented(c, x.lineno, x.col_offset)]
        if bare:
            yield (f"{c.where}: {f.name} of {d.name} doesn't say what "
                   f"{', '.join(bare)} is; comment it, with shape and unit")
        # A method without a docstring repeats one of its base.
        told = f is d or ast.get_docstring(f) or f.name[0]=='_'
        returned = [n for n in ast.walk(f) if isinstance(n, ast.Return) and n.value]
        line, column = max(f.lineno, f.body[0].lineno - 1), 0
        if f.returns: line, column = f.returns.end_lineno, f.returns.end_col_offset
        if told and returned and not commented(c, line, column):
            yield (f"{c.where}: {f.name} of {d.name} doesn't say what it returns; "
                   "comment it, with shape and unit")


def check_formulas(b):
    "Formulas are closed, and so is what they open"
    for c in b.cells:
        if stray := re.search(r'(?<!\\)\$+.{,30}', c.plain):
            yield (f'{c.where}: no formula at {stray[0]!r}; close it, without spaces '
                   'at its ends or an empty line in it')
        for tex in c.formulas:
            if wrong := nesting(tex):
                start = ' '.join(tex.split())[:60]
                yield f'{c.where}: {wrong} in the formula {start}; balance it'


def check_notebook_links(b):
    "Each notebook links to itself in Colab and to its file, and installs this version"
    s, colab = b.settings, 'https://colab.research.google.com/github'
    for file,chapter in b.chapters.items():
        if not file.endswith('.ipynb'): continue
        top = chapter[:2] + [c for c in chapter if c.kind=='markdown'][:1]
        found = [target for c in top for _,_,target,_ in links(c.plain)]
        for url in (f"{colab}/{s['user']}/{s['repo']}/blob/{s['branch']}/{file}",
                    f"{s['git_url']}/raw/{s['branch']}/{file}"):
            if url not in found:
                yield f'{file}, cell 0: no link to {url}; add it below the title'
        version = f"{s['lib_name']}=={s['version']}"
        installs = re.compile(re.escape(version) + r'(?![\w.])')
        if not any(c.kind=='code' and installs.search(c.source) for c in chapter):
            yield (f'{file}: no code cell installs {version}; add one, or correct its '
                   'version')


def check_version(b):
    "Whatever names the version names that of settings.ini"
    version = b.settings['version']
    for c in [c for c in b.cells if c.kind=='code']:
        for found in re.findall(r'--branch v([\w.]+)', c.source):
            if found != version:
                yield (f'{c.where}: clones version {found}, not {version}; correct one '
                       'of them')
    for file,pattern in (('CITATION.cff', r'^version: *(\S+)'),
                         ('CHANGELOG.md', r'^## ([\w.]+)')):
        if not (b.root/file).exists(): continue
        found = re.search(pattern, (b.root/file).read_text(encoding='utf-8'), re.M)
        found = found[1] if found else 'missing'
        if found != version:
            yield f'{file}: its version is {found}, not {version}; correct one of them'


def check_addresses(b):
    """The project's addresses are those of settings.ini; README.md and CITATION.cff name
    the site, and CITATION.cff the repository"""
    s = b.settings
    name = re.escape(s['repo'])
    own = re.compile(rf'https?://(?:github\.com|raw\.githubusercontent\.com|'
                     rf'colab\.research\.google\.com/github)/([\w-]+)/{name}(?![\w-])'
                     rf'|https?://([\w-]+)\.github\.io/{name}(?![\w-])')
    files = [*DOCS, 'CITATION.cff', 'CHANGELOG.md', *b.chapters]
    texts = {f: (b.root/f).read_text(encoding='utf-8') for f in files
             if (b.root/f).exists()}
    for file,text in texts.items():
        for m in own.finditer(text):
            if (m[1] or m[2])!=s['user']:
                yield (f"{file}: {m[0]} isn't an address of {s['user']}, who has the "
                       'repository in settings.ini; correct one of them')
    for file,key,pattern in (('README.md', 'site_url', r'{}(?![\w-])'),
                             ('CITATION.cff', 'site_url', r'(?m)^url: *{} *$'),
                             ('CITATION.cff', 'git_url', r'(?m)^repository-code: *{} *$')):
        found = texts.get(file)
        if found and not re.search(pattern.format(re.escape(s[key])), found):
            yield f"{file}: lacks the {key} of settings.ini, {s[key]}; add it"


def check_imports(b):
    "What a chapter exports uses only modules above its own, as settings.ini has them"
    order = b.settings.get('module_order', '').split()
    for file,chapter in b.chapters.items():
        exported = [c for c in chapter if c.exported]
        own = next((c.options['default_exp'] for c in chapter
                    if 'default_exp' in c.options), None)
        if not exported and not own: continue
        if not own:
            yield f'{file}: exports code to no module; add a cell `#| default_exp …`'
            continue
        if own not in order:
            yield (f"{file}: its module {own} isn't in module_order of settings.ini; "
                   "add it there, below what it imports")
            continue
        above = order[:order.index(own)] + ['__version__']
        for c,m in [(c, m) for c in exported for m in imported(b, c) if m not in above]:
            if m not in order: wrong = "which isn't in module_order of settings.ini"
            else: wrong = f"which doesn't stand above {own} in settings.ini"
            yield (f'{c.where}: imports {b.settings["lib_name"]}.{m}, {wrong}; move '
                   'the definition, or the import into a cell of checks')


def check_results(b):
    "The tables of models on the pages are those of data/results.json"
    if not (b.root/'data/results.json').exists(): return
    for name,text,expected in pages(b.root):
        if text != expected:
            yield (f"{name}: its table of models isn't that of data/results.json; run "
                   "tools/tables.py")


def check_symbols(b):
    "An exported cell has one public symbol, so that each has its place on the page"
    for c in b.cells:
        found = [name for s in parsed(c) for name in public(s)] if c.exported else []
        if len(found) > 1:
            yield f"{c.where}: exports {', '.join(found)}; give each a cell of its own"


def check_ticks(b):
    "No symbol's link inside another link or in code, where it would be raw text"
    for c in b.pages:
        # A code span is hidden from `links`, so only its ticks are taken away.
        for _,text,_,_ in links(c.text.replace('`', '\0')):
            for name in re.findall(r'\0([\w.]+)(?:\(\))?\0', text):
                if name.split('.')[-1] in b.symbols:
                    yield (f'{c.where}: `{name}` inside a link becomes a second one; '
                           'remove the back-ticks, or the link')
        comments = docments(c) if c.exported else []
        for name in re.findall(r'`([\w.]+)`', '\n'.join(comments)):
            if name in b.symbols:
                yield (f'{c.where}: `{name}` in a comment on a parameter becomes a '
                       'link, which code shows raw; remove the back-ticks')


def check_lists(b):
    "No line of prose begins like pandoc's numbered examples, which take its label away"
    for c in b.cells:
        for label in re.findall(r'^[ \t>]*\(?(@[\w-]+)[.)](?=\s|$)', c.text, re.M):
            yield (f'{c.where}: a line that begins with {label} and a full stop is '
                   'made a list; put a word before it')


def unsuitable(c):
    "What a page of 88 columns for a reader shouldn't show of a cell"
    source = c.source.split('\n') if c.exported else c.lines
    if wide := [l for l in source if len(l) > WIDTH]:
        yield (f'{c.where}: a line of code has over {WIDTH} columns; break it: '
               f'{wide[0].strip()[:40]}')
    if wide := [l for l in c.printed if len(l) > WIDTH]:
        yield (f'{c.where}: the output has over {WIDTH} columns; print less, or a '
               f'table: {wide[0].strip()[:40]}')
    for line in c.lines:
        if guard := GUARD.search(line):
            yield (f'{c.where}: {guard[0]} only guards the text; move it to a hidden '
                   'cell below, or end its line with `#| hide_line`')


def check_shown(b):
    "Cells show what teaches, in lines that fit the page"
    for chapter in b.chapters.values():
        for c in chapter: yield from unsuitable(c)


CHECKS = [check_references, check_links, check_chapters, check_figures, check_headings,
          check_divs, check_definitions, check_docments, check_formulas,
          check_notebook_links, check_version, check_addresses, check_imports, check_results,
          check_symbols, check_ticks, check_lists, check_shown]


def conflicts(root):
    "The marks that git leaves where two versions differ; such a file may be unreadable"
    files = [p for f in FOLDERS for p in sorted((Path(root)/f).glob('*'))
             if p.suffix in TEXTS]
    for p in files:
        text = p.read_text(encoding='utf-8')
        if mark := CONFLICT.search(text):
            line = text.count('\n', 0, mark.start(1)) + 1
            yield (f'{p.relative_to(root)}, line {line}: {mark[1]} is left of a '
                   'merge; choose a version')


def faults(root):
    "One line for each fault of the book under `root`"
    if found := list(conflicts(root)): return found
    b = read(root)
    return [fault for check in CHECKS for fault in check(b)]


def public_links(b):
    "The http(s) links of the book, its bibliography (DOIs too), README and the like"
    texts = [c.prose for c in b.pages] + [b.bib]
    found = {u.rstrip('.,:;!?*') for text in texts for u in URL.findall(text)}
    dois = re.findall(r'\bdoi\s*=\s*[{"]([^}"]+)', b.bib)
    return sorted(found | {f'https://doi.org/{d}' for d in dois})


def summary(b):
    "What was checked, in numbers"
    found = dict(references=[k for c in b.cells for k in references(c)],
                 links=[link for c in b.pages for link in links(c.plain)],
                 headings=headings(b.cells), figures=[c for c in b.cells if c.image],
                 formulas=[f for c in b.cells for f in c.formulas],
                 definitions=[d for c in b.cells for d in definitions(c) if d[0]!='_'])
    counts = ', '.join(f'{len(v)} {k}' for k,v in found.items())
    return f'{len(b.chapters)} chapters, {len(b.cells)} cells, {counts}: no fault'


def main():
    "Print the faults, exit status 1 if there are any; or the links"
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('root', nargs='?', default=ROOT,
                        help="the repository's root folder")
    parser.add_argument('--links', action='store_true',
                        help='print all public links, one a line, and check nothing')
    args = parser.parse_args()
    if args.links: return print('\n'.join(public_links(read(args.root))))
    found = faults(args.root)
    print('\n'.join(found) or summary(read(args.root)))
    sys.exit(bool(found))


if __name__ == '__main__': main()
