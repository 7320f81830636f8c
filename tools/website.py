"""`make docs`: the book as a site and as an EPUB, in _docs, by nbdev and Quarto.

Before they run, this writes what derives from the package, the results and settings.ini
into nbs/made: the API page, names of the shipped WaveNet, pictures, tables of chapters
and fonts. Afterwards it mends what no setting of Quarto reaches. `--prepare` does only
the first part, `--finish FOLDER` only the last one, on the site in that folder."""
import argparse, ast, datetime, hashlib, html, json, math, os, re, shutil, subprocess, sys
from pathlib import Path
import yaml
from check_book import ROOT, headings, public, read, slug_of
from docs import section, symbols
from minutes import FILE as MINUTES, reading
from tables import called

MADE = ROOT/'nbs'/'made'
RAW = 'https://raw.githubusercontent.com'
# What pages load, and would come from other hosts: file -> address and SHA-256
LOADED = {
    'mathjax.js': (f'{RAW}/mathjax/MathJax/3.2.2/es5/tex-svg-full.js',
                   'a4354ff94fd868aea0cc6eaaa79a57fda0588646fc46ee3700a349ee0a11cbe6'),
    'upright.woff2': (f'{RAW}/adobe-fonts/source-sans/3.052R/WOFF2/VF/'
                      'SourceSans3VF-Upright.ttf.woff2',
                      '5f16566f7a40d39b339ad26be151fa5a1ab1f0c2574c7a2e619765584a1acbd8'),
    'italic.woff2': (f'{RAW}/adobe-fonts/source-sans/3.052R/WOFF2/VF/'
                     'SourceSans3VF-Italic.ttf.woff2',
                     'b4959abc0569392f87c6c6ac612f90e3fe0104d283724189b7d8b6f61af347d3')}
SEED, NAMES = 42, 12  # of the landing page
LICENCES = {'apache2': 'Apache License 2.0'}


def date():
    "The day of the last commit, or today where there is no repository"
    p = subprocess.run(['git', 'log', '-1', '--format=%cs'], cwd=ROOT,
                       capture_output=True, text=True)
    return p.stdout.strip() or datetime.date.today().isoformat()


def config(b):
    "What Quarto has to know of the book and its settings, for book.yml"
    s = b.settings
    name, git = s['title'], s['git_url']
    footer = {'left': f"{name} {s['version']} · [{LICENCES[s['license']]}]"
                      f"({git}/blob/{s['branch']}/LICENSE) · {date()}",
              'right': f"[Discuss]({s['discussions_url']}) · "
                       f"[Changes]({git}/blob/{s['branch']}/CHANGELOG.md)"}
    card = {'image': 'made/card.png', 'image-alt': f"{name}: {s['description']}"}
    return {'book': {'title': name, 'description': s['description'],
                     'author': s['author'], 'date': date(), 'site-url': s['site_url'],
                     'repo-url': git, 'repo-branch': s['branch'],
                     'issue-url': f'{git}/issues/new/choose', 'page-footer': footer,
                     'open-graph': card, 'twitter-card': {**card}},
            'chapter-ids': chapter_ids(b)}


def chapter_ids(b):
    "File -> the id of its title in the EPUB, where parts have titles of the same kind"
    ids, seen = {}, {}
    for entry in b.config['book']['chapters']:
        part = isinstance(entry, dict)
        for place in [entry['part'], *entry['chapters']] if part else [entry]:
            file = f'nbs/{place}'
            title = headings(b.chapters[file])[0][2] if file in b.chapters else place
            slug = slug_of(title, False)
            ids[Path(place).stem] = f'{slug}-{seen[slug]}' if slug in seen else slug
            seen[slug] = seen.get(slug, 0) + 1
    return {name: ids[name] for name in ids if any(Path(f).stem==name for f in b.chapters)}


def load():
    "Fonts and MathJax, from the cache if it has them; nothing with another checksum"
    from makemore_lit.corpora import fetch, write_atomic
    cache = Path(os.environ.get('XDG_CACHE_HOME') or Path.home()/'.cache')/'makemore_lit'
    cache.mkdir(parents=True, exist_ok=True)
    for name,(url, sha) in LOADED.items():
        data = (cache/name).read_bytes() if (cache/name).exists() else b''
        if hashlib.sha256(data).hexdigest()!=sha:
            try: data = fetch(url, 120)
            except OSError as e:
                sys.exit(f'make docs: {e}; put the file into {cache} as {name}')
            if (found := hashlib.sha256(data).hexdigest())!=sha:
                sys.exit(f'make docs: {url}: has the SHA-256 {found}, not {sha}; if that '
                         'is right, correct LOADED in tools/website.py')
            write_atomic(cache/name, data)
        (MADE/name).write_bytes(data)


# The API page

def first_line(node):
    "The first line of a docstring; what goes on in the next ones belongs to it"
    doc = ast.get_docstring(node) or ''
    return ' '.join(doc.split('\n\n')[0].split())


def head(lines, node):
    "The lines of a definition's head, as the source has them"
    start = min([node.lineno, *(d.lineno for d in node.decorator_list)])
    if isinstance(node, ast.ClassDef): return lines[start-1:node.lineno]
    body = node.body[0].lineno
    # A definition in one line
    return lines[start-1:max(node.lineno, body - 1)]


def stub(lines, node):
    "A definition without its bodies: heads, and the first line of what methods say"
    out = head(lines, node)
    if isinstance(node, ast.ClassDef):
        for f in node.body:
            named = isinstance(f, ast.FunctionDef) and (
                f.name[0]!='_' or f.name in ('__init__', '__call__', '__getitem__'))
            if not named: continue
            out += head(lines, f)
            if told := first_line(f): out.append(f'        "{told}"')
    return '\n'.join(out)


def statements(module):
    "The public names of a module, in order, with their statements"
    text = (ROOT/'makemore_lit'/f'{module}.py').read_text(encoding='utf-8')
    seen = set()
    for s in ast.parse(text).body:
        # What is changed later stands where it was first defined
        for name in [n for n in public(s) if n in symbols() and n not in seen]:
            seen.add(name)
            yield name, s, text.split('\n')


def comment_above(s, lines):
    "The comment above a constant, or behind it"
    found = []
    for line in reversed(lines[:s.lineno - 1]):
        if not line.startswith('# ') or line.startswith('# %%'): break
        found.insert(0, line[2:])
    behind = lines[s.end_lineno - 1].partition('  # ')[2]
    return ' '.join(found) or behind


def api(order):
    "The API page's sections, one for each symbol, under its module"
    out = []
    for module in order:
        file = ROOT/'makemore_lit'/f'{module}.py'
        own = list(statements(module)) if file.exists() else []
        if not own: continue
        text = file.read_text(encoding='utf-8')
        notebook = symbols()[own[0][0]][0].name
        about = ast.get_docstring(ast.parse(text)).split('\n')[0].rstrip('.')
        out.append(f'## makemore_lit.{module} {{#module-{module} .module}}\n\n'
                   f'{about}. ([chapter]({notebook}))\n')
        for name,s,lines in own:
            title, place = section(name)
            if hasattr(s, 'name'):
                about, code = first_line(s), stub(lines, s)
            else:
                about = comment_above(s, lines)
                code = '\n'.join(lines[s.lineno-1:min(s.end_lineno, s.lineno + 5)])
                if s.end_lineno > s.lineno + 5: code += '\n    …'
            about = about + ('' if about.endswith('.') else '.')
            out.append(f'## {module}.{name} {{#{name} .unlisted .symbol}}\n\n{about} '
                       f'([{title}]({place}))\n\n```python\n{code}\n```\n')
    return '\n'.join(out)


# What the landing page and the preface include

def names():
    "Names of the shipped WaveNet, each a span of its own"
    from makemore_lit.checkpoints import pretrained
    from makemore_lit.counts import sample
    from makemore_lit.data import seeded
    drawn = sample(pretrained(), NAMES, g=seeded(SEED))
    return '::: {#names}\n' + ' '.join(f'[{name}]{{.name}}' for name in drawn) + '\n:::\n'


def minutes(x):
    "A time for the table; nothing for one that was never measured"
    return '' if math.isnan(x) else '< 1' if x < 1 else str(round(x))


def chapters(b):
    "The table of chapters: subtitle, and the minutes to read and to run each one"
    known = json.loads(MINUTES.read_text(encoding='utf-8'))
    out = ['| chapter | what it is about | read | run |', '|:-----|:----------|--:|--:|']
    read_all, run_all = 0, 0
    for file in b.chapters:
        if not file.endswith('.ipynb'): continue
        title = headings(b.chapters[file])[0][2]
        about = re.search(r'^> (.+)$', b.chapters[file][0].source, re.M)[1].rstrip('.')
        read, run = reading(file), known.get(Path(file).stem, math.nan)/60
        read_all, run_all = read_all + read, run_all + run
        out.append(f'| [{title}]({Path(file).name}) | {about} | {read} | {minutes(run)} |')
    out.append(f'| all | | {read_all} | {minutes(run_all)} |')
    return '\n'.join(out) + '\n'


def picture(file):
    "Every model and mixture of data/results.json: its loss on dev, and the interval"
    import matplotlib
    matplotlib.use('Agg')
    import matplotlib.pyplot as plt
    from makemore_lit.charts import dot_chart, plot_style
    results = json.loads((ROOT/'data'/'results.json').read_text(encoding='utf-8'))
    rows = {r['model']: (r['lecture']['dev'], *r['lecture']['interval'])
            for r in results['models']}
    rows |= {called(r).replace(' and ', ' + '): (r['dev'], *r['interval'])
             for r in results.get('mixtures', [])}
    plot_style()
    ax = dot_chart(dict(sorted(rows.items(), key=lambda row: -row[1][0])),
                   xlabel='nats per character')
    # Its labels are to be read on a phone, too
    ax.figure.set_size_inches(4.8, 6)
    ax.figure.savefig(file)
    plt.close(ax.figure)


def card(file, s, width, height):
    "A picture with the book's title, for links to it and as the EPUB's cover"
    import matplotlib
    matplotlib.use('Agg')
    import matplotlib.pyplot as plt
    from makemore_lit.charts import PALETTE
    import textwrap
    fig = plt.figure(figsize=(width/100, height/100), dpi=100, facecolor='#14222b',
                     layout='none')
    results = json.loads((ROOT/'data'/'results.json').read_text(encoding='utf-8'))
    losses = [r['lecture']['dev'] for r in results['models']]
    losses += [r['dev'] for r in results.get('mixtures', [])]
    tall = height > width
    ax = fig.add_axes((.08, .1, .84, .3))
    ax.plot(sorted(losses, reverse=True), 'o-', color=PALETTE[1], linewidth=3,
            markersize=9)
    ax.axis('off')
    fig.text(.08, .88, s['title'], color='white', fontsize=width/22, va='top',
             weight='bold')
    about = textwrap.fill(s['description'], 28 if tall else 52)
    fig.text(.08, .76 if tall else .66, about, color='white', fontsize=width/44,
             va='top', linespacing=1.4)
    fig.text(.92, .05, s['author'], color='#b8c4cc', fontsize=width/60, ha='right')
    fig.savefig(file, facecolor=fig.get_facecolor())
    plt.close(fig)


FAVICON = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="6" fill="#14222b"/>
<path d="M5 8l6 8 6 4 10 4" fill="none" stroke="{colour}" stroke-width="3"/>
<g fill="{colour}"><circle cx="5" cy="8" r="3"/><circle cx="11" cy="16" r="3"/>
<circle cx="17" cy="20" r="3"/><circle cx="27" cy="24" r="3"/></g></svg>
"""
LOST = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Page not found: {title}</title>
<meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">
<style>body {{font: 18px/1.5 sans-serif; max-width: 36em; margin: 15vh auto; padding: 1em}}
:root {{color-scheme: light dark}} a {{color: inherit}}</style></head>
<body><main><h1>There is no such page</h1>
<p>It may have had another name in an earlier version. <a href="{site_url}/">The book's
first page</a> leads to all chapters, and has a search. If a link brought you here, please
<a href="{git_url}/issues/new/choose">say where it stands</a>.</p></main></body></html>
"""


def prepare():
    "Write what the pages include, and Quarto's settings"
    b = read(ROOT)
    s = b.settings
    shutil.rmtree(MADE, ignore_errors=True)
    MADE.mkdir()
    load()
    from makemore_lit.charts import PALETTE
    texts = {'api.md': api(s['module_order'].split()), 'names.md': names(),
             'chapters.md': chapters(b), 'favicon.svg': FAVICON.format(colour=PALETTE[1]),
             '404.html': LOST.format_map({k: html.escape(s[k]) for k in s})}
    for name,text in texts.items(): (MADE/name).write_text(text, encoding='utf-8')
    picture(MADE/'models.png')
    card(MADE/'card.png', s, 1200, 630)
    card(MADE/'cover.png', s, 1200, 1800)
    text = yaml.safe_dump(config(b), allow_unicode=True, sort_keys=False)
    (ROOT/'nbs'/'book.yml').write_text(text, encoding='utf-8')


# After Quarto

POLYFILL = re.compile(r'\s*<script src="https?://[^"]*polyfill[^"]*"[^>]*></script>')
DOWNLOAD = re.compile(r'href="[^"]*/raw/[^"]*/(\w+\.ipynb)"')
SKIP = '<a class="skip" href="#quarto-document-content">Skip to the text</a>'


def finish(folder):
    "Copies of the notebooks, the page for lost readers, no polyfill, a link past the menus"
    folder = Path(folder)
    (folder/'notebooks').mkdir(exist_ok=True)
    for notebook in (ROOT/'nbs').glob('[!_.]*.ipynb'):
        shutil.copy(notebook, folder/'notebooks')
    shutil.copy(MADE/'404.html', folder)
    for file in folder.glob('*.html'):
        text = file.read_text(encoding='utf-8')
        made = POLYFILL.sub('', text)
        # Browsers show a notebook of another host as text, and save one of their own
        made = DOWNLOAD.sub(r'href="notebooks/\1" download="\1"', made)
        if 'id="quarto-document-content"' in made and SKIP not in made:
            made = re.sub(r'<body[^>]*>', lambda m: f'{m[0]}\n{SKIP}', made, count=1)
        if made!=text: file.write_text(made, encoding='utf-8')


def build():
    "The whole of it"
    prepare()
    python = Path(sys.executable).parent
    env = {**os.environ, 'PYTHONPATH': str(ROOT/'tools')}
    subprocess.run([python/'nbdev_proc_nbs', '--force'], cwd=ROOT, env=env, check=True)
    subprocess.run(['quarto', 'render', '--no-cache'], cwd=ROOT/'_proc', check=True)
    finish(ROOT/'_proc'/'_docs')
    shutil.rmtree(ROOT/'_docs', ignore_errors=True)
    shutil.move(ROOT/'_proc'/'_docs', ROOT)


def main():
    "Build the site, or do a part of it"
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--prepare', action='store_true')
    parser.add_argument('--finish', metavar='FOLDER')
    args = parser.parse_args()
    if args.prepare: prepare()
    elif args.finish: finish(args.finish)
    else: build()


if __name__ == '__main__': main()
