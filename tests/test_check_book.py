"tools/check_book.py: a tiny book without a fault, and one planted fault at a time."
import json, subprocess, sys
import pytest
import check_book

COLAB = 'https://colab.research.google.com/github/me/tiny/blob/main/'
RESULTS = (
    '<!-- made from data/results.json -->\n\n'
    '| model | parameters | train | dev | 95 % interval of dev | test | unseen test '
    '| distinct test |\n|---|--:|--:|--:|:-:|--:|--:|--:|\n'
    '| [one](nbs/01_two.ipynb) | 1 | 1.0000 | 2.0000 | 1.900 to 2.100 | 3.0000 '
    '| 3.0000 | 3.0000 |\n')
LOSSES = dict(train=1., dev=2., test=3., interval=[1.9, 2.1])

# A notebook is written as its cells, each after a line `%% md`, `%% code`, `%% figure`
# (code whose output is an image), or `%% print 88` and `%% value 88` (a line so wide). A link to `COLAB` begins with the address
# above and nbs/.
BOOK = {
    'settings.ini': '[DEFAULT]\nrepo = tiny\nlib_name = tiny\nversion = 1.2.0\n'
                    'user = me\nbranch = main\nmodule_order = one two\n'
                    'git_url = https://github.com/%(user)s/%(repo)s\n'
                    'site_url = https://%(user)s.github.io/%(repo)s\n',
    '_quarto.yml': 'book:\n  chapters:\n    - models.qmd\n    - part: The part\n'
                   '      chapters:\n        - 00_one.ipynb\n        - 01_two.ipynb\n',
    'data/results.json': json.dumps({'models': [dict(
        model='one', chapter='01_two', params=1, lecture=LOSSES, unseen=LOSSES,
        distinct=LOSSES)]}),
    'README.md': f'# Tiny\n\n{RESULTS}\n## What it is: 2 words\n\n'
                 '[One](nbs/00_one.ipynb#sec-first), [here](#what-it-is-2-words), '
                 '![A badge](data/dot.png), <https://me.github.io/tiny/>\n',
    'CITATION.cff': 'cff-version: 1.2.0\nversion: 1.2.0\n'
                    'url: https://me.github.io/tiny\n'
                    'repository-code: https://github.com/me/tiny\n',
    'CHANGELOG.md': '# Changes\n\n## 1.2.0, not released yet\n\n## 1.1.0\n',
    'data/README.md': '[Back](../README.md), [a port](http://127.0.0.1:80/), '
                      '<https://example.com/>\n',
    'data/dot.png': '',
    'nbs/dot.png': '',
    'nbs/_draft.qmd': '@sec-nothing ::: $',
    'nbs/references.bib': '@comment{none}\n@book{knuth1984,\n  doi = {10.1/x}\n}\n'
                          '@misc{two-2,\n  url = {https://two.org/a_(b)}\n}\n',
    'nbs/models.qmd': '---\nlang: en\n---\n# Preface {.unnumbered}\n\n'
                     '## Why not `x.y`? {.unnumbered}\n\n'
                     '[Why](#why-not-x.y), [One](00_one.ipynb), [two]\n\n'
                     '[two]: 01_two.ipynb\n\n' + RESULTS.replace('nbs/', '') +
                     '\n: Losses. {#tbl-losses}\n\nAs in @tbl-losses.\n\n'
                     '| a |\n|---|\n| 1 |\n\n: A table. {#tbl-one}\n\n@tbl-one\n',
    'nbs/00_one.ipynb': r'''%% md
# One

> A subtitle.

[![Colab](https://colab.research.google.com/badge.svg)](COLAB00_one.ipynb)
[File](https://github.com/me/tiny/raw/main/nbs/00_one.ipynb)
%% code
!pip install tiny==1.2.0
%% md
## First {#sec-first}

As [@knuth1984, p. 1; -@two-2] say (@eq-sum), and @sec-first.
Mail to me@knuth.org; \$5; `[@nobody](nowhere) $ ![](x)`.

$$
\left\{\begin{aligned} a &= \{b\}_{i} \\ c &\leftarrow \text{all} \end{aligned}\right.
$$ {#eq-sum}

::: {.callout-tip title="Solution"}
Look at $a$, $b_{1}$ and ![a dot](dot.png).

```python
# no title: [@nobody](nowhere) $
```
%% code
#| exports
class _Base: pass

class Twice(_Base):
    def __call__(self, x): return 2*x  # x: a number

def _private(): pass
%% code
three = 3
%% code
assert Twice()(three)==6
%% md
:::

### Code: `Twice`

The end.
%% code
#| export
def draw(): ...
%% code
#| export
def command(): ...
%% figure
#| label: fig-line
#| fig-cap: "A line, as in @knuth1984, of slope $\frac{1}{2}$."
#| fig-alt: "A line."
ax = draw()
%% code
print(shell('command --help'))
%% code
#| default_exp one''',
    'nbs/01_two.ipynb': r'''%% md
# Two
%% md
[Colab](COLAB01_two.ipynb),
[File](https://github.com/me/tiny/raw/main/nbs/01_two.ipynb)

## Links

@Fig-line is in [One](00_one.ipynb#sec-first), [there](00_one.ipynb#code-twice),
[here](#links-1). See [that](https://two.org/b).

## Links
%% code
%pip install "tiny==1.2.0"
%% code
!git clone --branch v1.2.0 https://two.org
%% code
#| export
from tiny.one import draw
%% code
#| default_exp two'''}

ONE, TWO = 'nbs/00_one.ipynb', 'nbs/01_two.ipynb'
INDEX, BIB = 'nbs/models.qmd', 'nbs/references.bib'
CAPTION = '#| fig-cap: "A line, as in @knuth1984, of slope $\\frac{1}{2}$."\n'
NEW = '%% figure\n#| label: line\n#| fig-cap: x\n#| fig-alt: x\nprint('
# What is wrong, the file, a text in it, what takes its place (None: the whole file is
# made or removed), and how the message begins.
PLANTED = [
    ('an exported line that is too wide', ONE, 'def draw(): ...',
     'def draw(): ...  # ' + 'wide '*15,
     f'{ONE}, cell 7: a line of code has over 88 columns'),
    ('a shown line that is too wide', ONE, 'three = 3', 'three = 3  # ' + 'w'*76,
     f'{ONE}, cell 4: a line of code has over 88 columns'),
    ('an output that is too wide', ONE, '%% code\nthree', '%% print 89\nthree',
     f'{ONE}, cell 4: the output has over 88 columns'),
    ('a value that is too wide', ONE, '%% code\nthree', '%% value 89\nthree',
     f'{ONE}, cell 4: the output has over 88 columns'),
    ('a corpus in a shown line', ONE, 'three = 3', 'three = 3 if is_names else 4',
     f'{ONE}, cell 4: is_names only guards the text'),
    ('an expected failure that is shown', ONE, 'three = 3', 'test_fail(Twice)\nthree=3',
     f'{ONE}, cell 4: test_fail only guards the text'),
    ('hypothesis in a shown line', ONE, 'three = 3', 'import hypothesis\nthree=3',
     f'{ONE}, cell 4: hypothesis only guards the text'),
    ('a property test that is shown', ONE, 'three = 3', '@given(x)\ndef f(x): pass',
     f'{ONE}, cell 4: @given only guards the text'),
    ('a mock in a shown line', ONE, 'three = 3', "with patch('x'): three = 3",
     f'{ONE}, cell 4: patch only guards the text'),
    ('two symbols in an exported cell', ONE, 'def draw(): ...',
     'def draw(): ...\n\nINK: int = 3', f'{ONE}, cell 7: exports draw, INK;'),
    ('a constant and a class in an exported cell', ONE, 'class _Base: pass',
     'BASE = 2\nclass _Base: pass', f'{ONE}, cell 3: exports BASE, Twice;'),
    ('a symbol inside a link', TWO, '[here](', '[`draw`, here](',
     f'{TWO}, cell 1: `draw` inside a link'),
    ('a call inside a link', TWO, '[here](', '[here: `draw()`](',
     f'{TWO}, cell 1: `draw` inside a link'),
    ('a symbol in a docment', ONE, '2*x  # x: a number',
     '2*x  # x: not for `draw`', f'{ONE}, cell 3: `draw` in a comment on a parameter'),
    ('a line that becomes a list', TWO, '[here](#links-1).', 'See\n@sec-first. It is',
     f'{TWO}, cell 1: a line that begins with @sec-first'),
    ('a conflict in a chapter', ONE, 'three = 3', 'three = 3\n' + '<'*7 + ' HEAD',
     f'{ONE}, line 60: <<<<<<< is left'),
    ('a conflict that nbdev left', ONE, '## First', '`' + '>'*7 + ' theirs`\n\n## First',
     f'{ONE}, line '),
    ('what a conflict left', ONE, '## First', '='*7 + '\n\n## First',
     f'{ONE}, line '),
    ('a conflict in a page', INDEX, '[two]\n', '[two]\n\n' + '>'*7 + ' theirs\n',
     f'{INDEX}, line 10: >>>>>>> is left'),
    ('a conflict in a setting', 'settings.ini', '[DEF', '|'*7 + ' base\n[DEF',
     'settings.ini, line 1: ||||||| is left'),
    ('a reference without a label', TWO, 'See', '@sec-second',
     f'{TWO}, cell 1: @sec-second refers to no label'),
    ('a reference in a caption', ONE, 'A line, as', 'A line, @fig-none, as',
     f'{ONE}, cell 9: @fig-none refers to no label'),
    ('a table without its label', INDEX, ' {#tbl-one}', '',
     f'{INDEX}: @tbl-one refers to no label'),
    ('an equation without its label', ONE, ' {#eq-sum}', '',
     f'{ONE}, cell 2: @eq-sum refers to no label'),
    ('a label twice', INDEX, '\n@tbl', '\n## More {#sec-first}\n\n@tbl',
     f'{INDEX}: the label sec-first is also in {ONE}, cell 2'),
    ('a loss that is not the stored one', INDEX, '| 1.0000', '| 1.0001',
     f"{INDEX}: its table of models isn't that of data/results.json"),
    ('a loss in README that is not stored', 'README.md', 'to 2.100', 'to 2.101',
     "README.md: its table of models isn't that of data/results.json"),
    ('a parameter without a comment', ONE, 'x): return 2*x  # x: a number',
     'x\n                )->int: # twice as much\n        return 2*x',
     f"{ONE}, cell 3: __call__ of Twice doesn't say what x is"),
    ('a return without a comment', ONE, 'def __call__(self, x): return 2*x',
     'def __call__(self, x # a number\n                ):\n        return 2*x',
     f"{ONE}, cell 3: __call__ of Twice doesn't say what it returns"),
    ('a citation without an entry', INDEX, '[two]\n', '[@nobody2000]\n',
     f'{INDEX}: @nobody2000 is not in references.bib'),
    ('an entry that nothing cites', BIB, '@misc', '@misc{unread,\n}\n@misc',
     f'{BIB}: unread is cited nowhere'),
    ('an entry twice', BIB, '@misc', '@misc{knuth1984,\n}\n@misc',
     f'{BIB}: 2 entries have the key knuth1984'),
    ('a link to no file', TWO, '[One](00_one', '[One](00_none',
     f"{TWO}, cell 1: the link to '00_none.ipynb#sec-first' leads to no file"),
    ('a link to nothing', TWO, '(https://two.org/b)', '()',
     f"{TWO}, cell 1: the link to '' leads to no file"),
    ('a named link to no file', INDEX, ': 01_two', ': 01_too',
     f"{INDEX}: the link to '01_too.ipynb' leads to no file"),
    ('an image that is not there', ONE, '(dot.png)', '(dots.png)',
     f"{ONE}, cell 2: the link to 'dots.png' leads to no file"),
    ('a linked file removed', 'data/dot.png', None, None,
     "README.md: the link to 'data/dot.png' leads to no file"),
    ('a link out of data/', 'data/README.md', '../README', 'README2',
     "data/README.md: the link to 'README2.md' leads to no file"),
    ('a link that the site lacks', TWO, '[here](#', '[here](../README.md) [x](#',
     f'{TWO}, cell 1: ../README.md is outside nbs/'),
    ('a link to no id', TWO, 'ipynb#sec-first', 'ipynb#sec-fist',
     f'{TWO}, cell 1: 00_one.ipynb#sec-fist leads to no heading'),
    ('a link to no heading', TWO, '#links-1', '#links-2',
     f'{TWO}, cell 1: #links-2 leads to no heading'),
    ("a link to a heading's old text", INDEX, '(#why-not', '(#why',
     f'{INDEX}: #why-x.y leads to no heading'),
    ('a link to no heading on GitHub', 'README.md', '#what-it-is-2', '#what-it-is:-2',
     'README.md: #what-it-is:-2-words leads to no heading'),
    ('a chapter that is not there', '_quarto.yml', '- part',
     '- 02_none.ipynb\n    - part',
     '_quarto.yml: the chapter nbs/02_none.ipynb does not'),
    ('a chapter that is not listed', 'nbs/play.qmd', None, '# Play\n',
     "nbs/play.qmd: _quarto.yml doesn't list it"),
    ('a figure without a label', ONE, 'print(', NEW.replace('#| label: line\n', ''),
     f'{ONE}, cell 11: the figure lacks label;'),
    ('a figure without a caption', ONE, CAPTION, '',
     f'{ONE}, cell 9: the figure lacks fig-cap;'),
    ('a figure with empty alt text', ONE, '"A line."', '""',
     f'{ONE}, cell 9: the figure lacks fig-alt;'),
    ("a figure with another thing's label", ONE, 'print(', NEW,
     f'{ONE}, cell 11: line labels a figure'),
    ('a figure that is not mentioned', TWO, '@Fig-line', 'It',
     f'{ONE}, cell 9: no text mentions @fig-line'),
    ('an image without alt text', ONE, '![a dot]', '![]',
     f'{ONE}, cell 2: the image dot.png has no alt text'),
    ('a badge without alt text', ONE, '![Colab]', '![]',
     f'{ONE}, cell 0: the image https://colab.research.google.com/badge.svg has no'),
    ('an image in README without alt text', 'README.md', '[A badge]', '[ ]',
     'README.md: the image data/dot.png has no alt text'),
    ('an id in a title', ONE, '# One\n', '# One {#sec-one}\n',
     f"{ONE}, cell 0: the title 'One {{#sec-one}}' has an id"),
    ('no title', TWO, '# Two', 'Two', f'{TWO}: the chapter has no title'),
    ('two titles', ONE, 'The end.', '# The end',
     f"{ONE}, cell 6: 'The end' is a second title"),
    ('two titles, one in the front matter', INDEX, 'lang: en', 'title: Two',
     f"{INDEX}: 'Preface {{.unnumbered}}' is a second title"),
    ('a level left out', ONE, 'The end.', '##### The end',
     f"{ONE}, cell 6: 'The end' is a heading of level 5 under one of level 3"),
    ('a block that is not closed', ONE, '%% md\n:::\n', '%% md\n',
     f'{ONE}, cell 2: the block ::: {{.callout-tip title'),
    ('a block that is not opened', TWO, '## Links\n\n@', '## Links\n\n:::\n\n@',
     f'{TWO}, cell 1: ::: closes what was not opened'),
    ('a definition without a check', ONE, 'ax = draw()', 'ax = 1',
     f'{ONE}, cell 7: no check of draw in'),
    ('a definition that only a comment names', ONE, 'assert Twice()(three)==6',
     'Half() # Twice', f'{ONE}, cell 3: no check of Twice in'),
    ('a definition that is used, not checked', ONE, 'print(shell(', 'text = (shell(',
     f'{ONE}, cell 8: no check of command in'),
    ('a check that comes too late', ONE, 'three = 3', '%% code\n'.join(['n = 3\n']*4),
     f'{ONE}, cell 3: no check of Twice in'),
    ('a $ that is not closed', ONE, 'at $a$,', 'at $a,',
     f"{ONE}, cell 2: no formula at"),
    ('a formula that begins with a space', ONE, '$b_', '$ b_',
     f"{ONE}, cell 2: no formula at"),
    ('a $$ that is not closed', INDEX, '| a |\n|---', '$$\na\n\n| a |\n|---',
     f"{INDEX}: no formula at '$$'"),
    ('a formula with an empty line', ONE, r' \\ c', '\n\nc',
     f"{ONE}, cell 2: no formula at '$$'"),
    ('a brace that is not closed', ONE, '$b_{1}$', '$b_{1$',
     f'{ONE}, cell 2: }} is missing in the formula b_{{1;'),
    ('a brace that is not opened', ONE, '$b_{1}$', r'$b_\{1}$',
     f'{ONE}, cell 2: }} closes what was not opened'),
    ('a brace in a caption', ONE, r'\frac{1}{2}', r'\frac{1}{2',
     f'{ONE}, cell 9: }} is missing'),
    ('an environment that is not closed', ONE, r' \end{aligned}', '',
     f'{ONE}, cell 2: \\right closes'),
    ('an environment that ends as another', ONE, r'\end{aligned}', r'\end{array}',
     f'{ONE}, cell 2: \\end{{array}} closes what was not opened'),
    ('a left without a right', ONE, r'\right.', '',
     f'{ONE}, cell 2: \\right is missing'),
    ('no link to Colab', TWO, '(COLAB01', '(COLAB00',
     f'{TWO}, cell 0: no link to {COLAB}{TWO}'),
    ('no link to the file', ONE, 'raw/main', 'raw/master',
     f'{ONE}, cell 0: no link to https://github.com/me/tiny/raw/main/nbs/00_one.ipynb'),
    ('an address of somebody else', TWO, '[that](https://two.org/b)',
     '[that](https://github.com/you/tiny/issues)',
     f"{TWO}: https://github.com/you/tiny isn't an address of me"),
    ('a site of somebody else', TWO, '[that](https://two.org/b)',
     '[that](https://you.github.io/tiny)', f'{TWO}: https://you.github.io/tiny'),
    ('no site in the README', 'README.md', 'https://me.github.io/tiny/',
     'https://me.github.io/', 'README.md: lacks the site_url'),
    ('no site to cite', 'CITATION.cff', 'url: https://me.github.io/tiny\n', '',
     'CITATION.cff: lacks the site_url'),
    ('no repository to cite', 'CITATION.cff', 'repository-code: ', 'code: ',
     'CITATION.cff: lacks the git_url'),
    ('another version to clone', TWO, 'v1.2.0', 'v1.1.0',
     f'{TWO}, cell 3: clones version 1.1.0, not 1.2.0'),
    ('another version to cite', 'CITATION.cff', '\nversion: 1.2.0', '\nversion: 1.1.0',
     'CITATION.cff: its version is 1.1.0'),
    ('no version to cite', 'CITATION.cff', '\nversion: 1.2.0', '',
     'CITATION.cff: its version is missing'),
    ('no changes of the version', 'CHANGELOG.md', '## 1.2.0, not released yet\n', '',
     'CHANGELOG.md: its version is 1.1.0'),
    ('an import of the module itself', TWO, 'tiny.one', 'tiny.two',
     f"{TWO}, cell 4: imports tiny.two, which doesn't stand above two"),
    ('an import of the module itself by name', TWO, 'from tiny.one import draw',
     'from tiny import one, two',
     f"{TWO}, cell 4: imports tiny.two, which doesn't stand above two"),
    ('an import of a module below', 'settings.ini', 'one two', 'two one',
     f"{TWO}, cell 4: imports tiny.one, which doesn't stand above two"),
    ('an import of a module below in a function', ONE, 'def draw(): ...',
     'def draw(): import tiny.two',
     f"{ONE}, cell 7: imports tiny.two, which doesn't stand above one"),
    ('an import of a module without a place', TWO, 'tiny.one', 'tiny.three',
     f"{TWO}, cell 4: imports tiny.three, which isn't in module_order"),
    ('a module without a place', 'settings.ini', 'one two', 'one',
     f"{TWO}: its module two isn't in module_order of settings.ini"),
    ('exported code without a module', ONE, '#| default_exp one', 'print()',
     f'{ONE}: exports code to no module'),
    ('another version in a chapter', TWO, '==1.2.0', '==1.2.01',
     f'{TWO}: no code cell installs tiny==1.2.0')]

def outputs(kind, columns=0):
    "What a code cell of this kind shows"
    line = ['w'*columns]
    found = {'print': {'output_type': 'stream', 'text': line},
             'value': {'output_type': 'execute_result', 'data': {'text/plain': line}},
             'figure': {'output_type': 'display_data',
                        'data': {'image/png': '', 'text/plain': []}}}
    return [found[kind]] if kind in found else []


def notebook(text):
    "The JSON of a notebook written as above"
    cells = []
    for part in text.replace('](COLAB', f']({COLAB}nbs/').split('%% ')[1:]:
        kind, _, source = part.partition('\n')
        kind, *columns = kind.split()
        cells.append({'cell_type': 'markdown' if kind=='md' else 'code',
                      'source': source.rstrip('\n').splitlines(True),
                      'outputs': outputs(kind, *map(int, columns))})
    return json.dumps({'cells': cells}, indent=1)


def planted(file, old, new):
    "The book with one change"
    if old is None:
        return {k: v for k,v in {**BOOK, file: new}.items() if v is not None}
    assert BOOK[file].count(old)==1, (file, old)
    return {**BOOK, file: BOOK[file].replace(old, new)}


@pytest.fixture
def write(tmp_path):
    "A function that writes the files of a book, and gives their folder"
    def files(book):
        "All of them"
        for name,text in book.items():
            (tmp_path/name).parent.mkdir(exist_ok=True)
            if name.endswith('.ipynb'): text = notebook(text)
            (tmp_path/name).write_text(text, encoding='utf-8')
        return tmp_path
    return files


def command(*args):
    "Exit status and output of the command"
    p = subprocess.run([sys.executable, check_book.__file__, *args], text=True,
                       capture_output=True)
    return p.returncode, (p.stdout + p.stderr).splitlines()


def test_no_fault(write):
    "The book as it is has none"
    assert check_book.faults(write(BOOK))==[]


@pytest.mark.parametrize('file, old, new, message', [case[1:] for case in PLANTED],
                         ids=[case[0] for case in PLANTED])
def test_planted(write, file, old, new, message):
    "A planted fault is reported, and nothing else"
    found = check_book.faults(write(planted(file, old, new)))
    assert len(found)==1, found
    assert found[0].startswith(message)


def test_width(write):
    "Code and output of exactly 88 columns fit"
    code = '%% print 88\nthree = 3  # ' + 'w'*75
    assert check_book.faults(write(planted(ONE, '%% code\nthree = 3', code)))==[]


def test_summary(write):
    "Without a fault the command counts what it checked"
    counts = ('3 chapters, 19 cells, 8 references, 19 links, 8 headings, 1 figures, '
              '4 formulas, 3 definitions: no fault')
    assert command(write(BOOK))==(0, [counts])


def test_exit_status(write):
    "With a fault the command fails, and prints a line"
    status, lines = command(write(planted(*PLANTED[0][1:4])))
    assert status==1 and len(lines)==1, lines


def test_links(write):
    "All public links, each once, and no others"
    status, lines = command(write(BOOK), '--links')
    assert status==0 and lines==sorted(set(lines))
    two, doi = 'https://two.org/', 'https://doi.org/10.1/x'
    assert {f'{two}a_(b)', f'{two}b', doi} < set(lines)
    assert not [line for line in lines if '127.' in line or 'example' in line]
