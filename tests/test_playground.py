"The playground in Chromium: it agrees with Python, every control works, no complaint."
import http.server, json, random, statistics, threading
import numpy as np
import playdata
import pytest
import torch
from bloom import HASHES, PATH, places
from safetensors import safe_open
from safetensors.numpy import load_file
from workcopy import ROOT
from makemore_lit import attention
from makemore_lit.attention import Transformer
from makemore_lit.checkpoints import PRETRAINED, pretrained, save
from makemore_lit.contexts import Mixture, NGram, suffix_counts
from makemore_lit.corpora import load_corpus
from makemore_lit.counts import Bigram, BigramNet, count_contexts, nll, sample, surprise
from makemore_lit.data import Vocab, seeded, split_words
from makemore_lit.descent import AdamW, autograd, fit
from makemore_lit.mlp import GELU, MLP
from makemore_lit.recurrent import Recurrent
from makemore_lit.wavenet import WaveNet

NBS = ROOT/'nbs'
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<title>Playground</title><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>main { max-width: 750px; margin: auto }
@media (prefers-color-scheme: dark) { body { background: #222; color: #fff } }</style>
</head><body><main>%s</main></body></html>"""
READY = "!document.getElementById('play-all').disabled"
PHONE = dict(width=360, height=740)
SEEN = ['bigram', 'mlp', '5-gram', 'wavenet', 'gru', 'transformer']  # least first
NAMES = load_corpus().name=='names'
FITS = 'document.documentElement.scrollWidth <= innerWidth'
LETTERS = "document.querySelector('#play-names li')?.firstChild.nodeValue?.length"


class Handler(http.server.SimpleHTTPRequestHandler):
    "Serves nbs/, and at / the playground in a page"
    def __init__(self, *args):
        "From the folder nbs/"
        super().__init__(*args, directory=str(NBS))

    def log_message(self, *args):
        "Nothing"

    def do_GET(self):
        "A file, or the page"
        if self.path != '/': return super().do_GET()
        self.send_response(200)
        self.send_header('Content-Type', 'text/html')
        self.end_headers()
        text = (NBS/'playground.html').read_text(encoding='utf-8')
        self.wfile.write((PAGE%text).encode())


@pytest.fixture(scope='module')
def url():
    "The address of a server of the playground"
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f'http://127.0.0.1:{server.server_port}/'
    server.shutdown()
    server.server_close()


def opened(browser, url, **kwargs):
    """A page with the playground ready, and lists of what it requested and of what it
    complained about; nothing moves in it, unless that is asked for"""
    page = browser.new_page(**{'reduced_motion': 'reduce', **kwargs})
    loaded, complaints = [], []
    page.on('console', lambda m: complaints.append(m.text))
    page.on('pageerror', lambda e: complaints.append(str(e)))
    page.on('response', lambda r: loaded.append(r))
    page.goto(url)
    page.wait_for_function(READY)
    return page, loaded, complaints


@pytest.fixture(scope='module')
def loads(browser, url):
    "Opens the page once: if it doesn't come up, no test waits for it again"
    opened(browser, url)[0].close()


@pytest.fixture
def page(browser, url, loads):
    "A page with the playground ready, which mustn't complain"
    found, _, complaints = opened(browser, url)
    yield found
    found.close()
    assert not complaints


@pytest.fixture(scope='module')
def lab(browser, url):
    "A page from which the modules can be imported, for tests that need no more"
    page = browser.new_page()
    page.goto(f'{url}assets/models.js')
    yield page
    page.close()


# What Python says

def contexts(model, starts):
    "The contexts after these beginnings, `(B, T)`"
    T = max(map(len, starts)) + 1 if model.endless else model.block_size
    return torch.tensor([([0]*T + model.vocab.encode(s))[-T:] for s in starts])


def close(ours, theirs, atol):
    "Whether two lists of numbers agree"
    ours, theirs = (torch.as_tensor(x, dtype=torch.float64) for x in (ours, theirs))
    torch.testing.assert_close(ours, theirs, atol=atol, rtol=0)


def drawn_by(name, n, temperature=1., top_k=None, seed=42):
    "The names that Python draws"
    return sample(model_of(name), n, temperature=temperature, top_k=top_k,
                  g=seeded(seed))


# The models and the sampler

@pytest.mark.parametrize('name', PRETRAINED)
def test_logits(lab, report, name):
    "Logits to 1e-4 on 200 contexts"
    words = random.Random(1).sample(split_words(load_corpus())[1], 200)
    starts = [w[:random.Random(w).randrange(len(w) + 1)] for w in words]
    model = pretrained(name)
    theirs = lab.evaluate("""async ([name, starts]) => {
        const {load, contextOf} = await import('/assets/models.js')
        const model = await load(name)
        return starts.map(s => model.logits(contextOf(model, s))) }""", [name, starts])
    theirs = torch.tensor(theirs, dtype=torch.float64)
    ours = model(contexts(model, starts)).detach().double()
    close(theirs, ours, 1e-4)
    report(f'{name}: logits differ by {(ours - theirs).abs().max().item():.1e} at most')


@pytest.mark.parametrize('n, temperature, top_k, seed', [
    (100, 1., None, 42), (100, .5, 5, 7), (1, 1.7, None, 2**32 - 1), (300, 1., 1, 0),
    (100, 2., None, 231)])
@pytest.mark.parametrize('name', PRETRAINED)
def test_names(lab, name, n, temperature, top_k, seed):
    "The same names from the same seed"
    options = dict(temperature=temperature, topK=top_k or 0, seed=seed)
    theirs = lab.evaluate("""async ([name, n, options]) => {
        const [{load}, {sampling}] = await Promise.all(
            [import('/assets/models.js'), import('/assets/sample.js')])
        return [...sampling(await load(name), n, options)].pop().words }""",
        [name, n, options])
    assert theirs==drawn_by(name, n, temperature, top_k, seed)


# Typing

def type_jonathan(page):
    "Put the name in, key by key"
    page.focus('#play-text')
    page.keyboard.press('Control+A')
    for c in 'Jonathan': page.keyboard.press(c)


def numbers(texts):
    "The last word of each text, as a number"
    return [float(text.split()[-1]) for text in texts]


def mixture():
    "The mixture of the page, from the file that it reads"
    with safe_open(playdata.PATH, 'np') as f:
        said = json.loads(f.metadata()['makemore_lit_play'])
    return Mixture([pretrained(m) for m in said['models']], said['weights']), said


def model_of(name):
    "A model of the page"
    return mixture()[0] if name=='mixture' else pretrained(name)


def test_headings_of_tables(page):
    "What was typed stays as it is; the tables name every character"
    type_jonathan(page)
    assert page.input_value('#play-text')=='Jonathan'
    page.click('#play-numbers summary')
    rows = page.locator('#play-next tbody th').all_inner_texts()
    assert rows==list('.abcdefghijklmnopqrstuvwxyz')
    columns = page.locator('#play-surprise thead th').all_inner_texts()
    assert columns[0]=='model' and columns[2:]==['so far', *'jonathan', 'end']
    models = page.locator('#play-surprise tbody th b').all_inner_texts()
    assert models==[*SEEN, 'mixture']


def test_surprise(page):
    """The row of a model: its loss on dev, its surprise at each character, in numbers and
    colours"""
    type_jonathan(page)
    for at,name in enumerate([*SEEN, 'mixture']):
        model = model_of(name)
        nats = surprise(model, 'jonathan')
        row = page.locator(f'#play-surprise tbody tr:nth-child({at + 1}) td')
        dev, *texts = row.all_inner_texts()
        so_far = nats[:-1].mean().item()
        close(numbers(texts), [so_far, *nats.tolist()], .0051)
        assert ''.join(text.split()[0] for text in texts[1:])=='jonathan.'
        colours = row.evaluate_all("""cells =>
            cells.slice(2).map(c => getComputedStyle(c).backgroundColor)""")
        deep = [float(c.split(',')[3].strip(') ')) for c in colours]
        close(deep, (nats.log1p()/np.log(31)).clamp(max=1)*.75, .01)
        # The bars are as long as the numbers
        share = row.evaluate_all("""cells => cells.slice(0, 2).map(c =>
            c.firstChild.getBoundingClientRect().width/c.getBoundingClientRect().width)""")
        assert all(abs(s - x/5) < .02 for s,x in zip(share, (float(dev), so_far)))
        if NAMES: assert abs(float(dev) - nll(model, split_words(load_corpus())[1])) < .0051


def test_the_more_it_sees_the_less_it_is_surprised(page):
    "As the text says: the rows' losses on dev fall"
    losses = [float(x) for x in page.locator('#play-surprise .play-many').all_inner_texts()]
    assert len(losses)==7 and losses==sorted(losses, reverse=True)
    assert len(split_words(load_corpus())[1])==3203 or not NAMES
    assert '3,203 names' in page.inner_text('#play-surprise')


def test_who_is_surprised_least(page):
    "It is said, of what is typed so far; of nothing, what holds of many names"
    type_jonathan(page)
    means = {m: surprise(model_of(m), 'jonathan')[:-1].mean().item()
             for m in (*SEEN, 'mixture')}
    said = page.inner_text('#play-least')
    for m,word in ((min(means, key=means.get), 'least'), (max(means, key=means.get), 'most')):
        assert f'the {m} {word}, by {means[m]:.2f}' in said
    page.fill('#play-text', '')
    assert page.inner_text('#play-least').startswith('Over many names')


def widths(strip):
    "The share of a strip that the field of each of the 27 characters has"
    return strip.evaluate("""s => {
        const share = new Array(27).fill(0)
        for (const {i, width} of s.fields) share[i] = width/s.clientWidth
        return share }""")


def next_chances(name, text):
    "What Python says comes next"
    model = model_of(name)
    return model(contexts(model, [text])).detach().double().softmax(1)[0]


def test_next_character(page):
    "The strip and the column of a model: its probabilities, in words, widths, numbers"
    type_jonathan(page)
    page.click('#play-numbers summary')
    for at,name in enumerate([*SEEN, 'mixture']):
        p = next_chances(name, 'jonathan')
        strip = page.locator('#play-strips .play-strip').nth(at)
        close(widths(strip), p, .004)
        best = p.argmax().item()
        spoken = strip.get_attribute('aria-label')
        itos = pretrained('mlp').vocab.itos
        assert spoken.startswith(f"{name}: {itos[best] if best else 'end'} {100*p[best]:.0f} %")
        column = page.locator(f'#play-next tbody td:nth-child({at + 2})')
        close([float(x) for x in column.all_inner_texts()], 100*p, .051)
        bars = column.evaluate_all("""cells => cells.map(c =>
            c.querySelector('i').getBoundingClientRect().width
            / c.getBoundingClientRect().width)""")
        close(bars, p, .01)


def test_letters_stand_in_the_order_of_the_mixture(page):
    "In every strip, as one sees it"
    type_jonathan(page)
    order = next_chances('mixture', 'jonathan').argsort(descending=True).tolist()
    seen = page.locator('#play-strips .play-strip').evaluate_all("""strips =>
        strips.map(s => s.fields.map(({i}) => i))""")
    assert seen==[[i for i in order if next_chances(name, 'jonathan')[i] >= .001]
                  for name in [*SEEN, 'mixture']]


@pytest.mark.parametrize('scale', [1, 1.5, 3])
def test_fields_are_painted(browser, url, scale):
    """Each in its colour from its beginning to its end, with a letter in it where there is
    room, and with its name and chance for a pointer over it"""
    page, _, _ = opened(browser, f'{url}#prompt=guin', device_scale_factor=scale)
    strip = page.locator('#play-strips .play-strip').first
    fields = strip.evaluate("""s => {
        const canvas = s.firstChild, pen = canvas.getContext('2d'), k = devicePixelRatio
        const at = (x, y) => pen.getImageData(Math.floor(x*k), Math.floor(y*k), 1, 1).data
        const inks = ({left, width}) => new Set(pen.getImageData(Math.ceil((left + 1)*k), 0,
            Math.max(Math.floor((width - 4)*k), 1), canvas.height).data).size
        return s.fields.map(f => ({...f, inks: inks(f),
            begins: [...at(f.left + 1, 2)], ends: [...at(f.left + f.width - 2.5, 2)]})) }""")
    itos, p = pretrained('mlp').vocab.itos, next_chances('bigram', 'guin')
    assert {f['width'] < 13 for f in fields if f['width'] > 6}=={True, False}
    for f in fields:
        if f['width'] < 6: continue
        colour = ([213, 217, 224] if not f['i'] else
                  [10, 108, 166] if itos[f['i']] in 'aeiouy' else [243, 191, 134])
        assert f['begins'][:3]==f['ends'][:3]==colour, f
        assert (f['inks'] > 4)==(f['width'] >= 13), f
    box = strip.bounding_box()
    for f in (fields[0], fields[-1]):
        page.mouse.move(box['x'] + f['left'] + f['width']/2, box['y'] + 9)
        name = itos[f['i']] if f['i'] else 'end'
        chance = 100*p[f['i']]
        said = f'{chance:.0f}' if chance >= 9.95 else f'{chance:.1f}'
        assert strip.get_attribute('title')==f'{name} {said} %'
    page.close()


def test_strip_of_another_size(page):
    "It is painted anew, as wide as it is then"
    page.fill('#play-text', 'guin')
    strip = page.locator('#play-strips .play-strip').first
    before = strip.evaluate('s => s.clientWidth')
    page.set_viewport_size(PHONE)
    page.wait_for_function("""before => {
        const strip = document.querySelector('.play-strip'), {left, width} = strip.fields.at(-1)
        return strip.clientWidth < before && strip.firstChild.width===strip.clientWidth
            && Math.abs(left + width - strip.clientWidth) < 2 }""", arg=before)


def test_a_click_on_a_letter(page):
    "It is typed; the end isn't"
    page.fill('#play-text', 'q')
    strip = page.locator('#play-strips .play-strip').last
    def click(i):
        "Click on the field of a character"
        strip.click(position=strip.evaluate("""(s, i) => {
            const {left, width} = s.fields.find(field => field.i===i)
            return {x: left + width/2, y: 9} }""", i))
    click(21)
    assert page.input_value('#play-text')=='qu'
    page.fill('#play-text', 'maria')
    click(0)
    assert page.input_value('#play-text')=='maria'


def test_suggestions(page):
    "Each button is typed"
    for button in page.locator('#play-tries button').all():
        button.click()
        assert page.input_value('#play-text')==button.inner_text()
        assert page.inner_text('#play-note')==''


@pytest.mark.skipif(not NAMES, reason='the shipped models learned from names')
@pytest.mark.parametrize('text', ['q', 'mar', '', 'zzyzx', 'xqj'])
def test_what_was_counted(page, text):
    "How often each character followed, in the train names, as strips and in a sentence"
    page.fill('#play-text', text)
    train, vocab = split_words(load_corpus())[0], pretrained('mlp').vocab
    rows = []
    for k in range(1, 5):
        if k > len(text) + 1: break
        last = ('.'*k + text)[-k:]
        counts = count_contexts(train, vocab, k)
        wanted = torch.tensor([vocab.stoi.get(c, 0) for c in last])
        found = (counts.x==wanted).all(1)
        rows.append((last, counts.n[found].sum(0)))
    strips = page.locator('#play-counted .play-bar:visible')
    assert strips.count()==len(rows)
    for strip,(last,n) in zip(strips.all(), rows):
        label = f'begins {last[1:]}'.strip() if last[0]=='.' else f'after {last}'
        assert strip.locator('.play-who b').inner_text()==label
        times = f'{int(n.sum()):,} ×' if n.sum() else 'never seen'
        assert strip.locator('.play-who small').inner_text()==times
        if not n.sum():
            assert 'was never seen' in strip.locator('.play-strip').get_attribute('aria-label')
            continue
        close(widths(strip.locator('.play-strip')), n/n.sum(), .004)
    n, best = rows[0][1], int(rows[0][1].argmax())
    what = f'“{vocab.itos[best]}” came next' if best else 'the name ended'
    said = f'{what} {int(n[best]):,} of {int(n.sum()):,} times'
    assert said in page.inner_text('#play-why')
    # What was added to each count is told where it shows
    assert ('adds 1 to each' in page.inner_text('#play-why'))==(n.sum() < 1000)
    rows = [row for row in rows if row[1].sum()]
    thin = len(rows) > 1 and rows[-1][1].sum() < 10
    assert ('thin evidence' in page.inner_text('#play-why'))==bool(thin)


def saturated(model, ix):
    "How many units of each hidden layer have an input below -2.25"
    found, x = [], ix
    for layer in model.net.layers:
        if isinstance(layer, GELU): found.append((x < -2.25).sum().item())
        x = layer(x)
    return found


def inside(page, which='tree'):
    "Open the view of what happens inside"
    page.click('#play-tab-inside')
    page.check(f'input[value={which}]')


def test_inside_the_wavenet(page):
    "The pictures of its layers: their captions, places and colours"
    type_jonathan(page)
    inside(page)
    wavenet = pretrained('wavenet')
    ix = wavenet.vocab.encode('jonathan')
    captions = page.locator('#play-inside figcaption').all_inner_texts()
    found = [int(c.split('; ')[1].split(' ')[0]) for c in captions[1:]]
    assert found==saturated(wavenet, torch.tensor([ix])), captions
    seen = page.locator('#play-inside .play-places').all_inner_texts()
    assert [s.split() for s in seen]==[list('jonathan'), ['jo', 'na', 'th', 'an'],
                                       ['jona', 'than'], ['jonathan']]
    assert page.locator('#play-inside canvas[role=img][aria-label]').count()==4
    blue = page.locator('#play-inside canvas').first.evaluate("""c => {
        const {data} = c.getContext('2d').getImageData(0, 1, c.width, 1)
        const at = i => 4*(12*i + 1)
        return Array.from({length: 64}, (_, i) =>
            data[at(i) + 3] > 8 ? Math.sign(data[at(i) + 2] - data[at(i)]) : 0) }""")
    signs = wavenet.net.layers[0].C[ix][:, :8].flatten().sign().tolist()
    assert sum(x==y for x,y in zip(blue, signs)) >= 48, (blue, signs)
    assert not any(x==-y != 0 for x,y in zip(blue, signs)), (blue, signs)


def test_pictures_follow(page):
    "A key changes the pictures and their texts"
    inside(page)
    type_jonathan(page)
    pictures = """[...document.querySelectorAll('#play-inside canvas')]
        .map(c => c.toDataURL()).join()"""
    before = page.evaluate(pictures)
    page.keyboard.press('Backspace')
    assert page.evaluate(pictures) != before
    assert 'jonatha' in page.inner_text('#play-inside')


def colours(canvas):
    "The colours in the middle of each square of a canvas that is one square high"
    return canvas.evaluate("""c => [...c.getContext('2d')
        .getImageData(0, 0, c.width, 1).data]""")


def states(model, word):
    "A GRU's states along a word, that of the boundary first, `(T + 1, H)`"
    found, state = [], model.start(1)
    for i in [0, *model.vocab.encode(word)]:
        _, state = model.step(state, torch.tensor([i]))
        found.append(state[0].detach().double().flatten())
    return torch.stack(found)


def test_memory_of_the_gru(page):
    "Its state after each letter, the slowest unit first, and the two bars"
    type_jonathan(page)
    inside(page, 'state')
    model, word = pretrained('gru'), 'jonathan'
    h = states(model, word)
    rows = page.locator('#play-state .play-state')
    assert rows.locator('b').all_inner_texts()==['', *word]
    # Blue where a unit is positive, orange where it is negative, in some order
    for t in (1, 8):
        data = torch.tensor(colours(rows.nth(t).locator('canvas'))).view(-1, 4)
        clear = data[:, 3] > 20
        positive = (data[clear, 2] > data[clear, 0]).sum().item()
        assert abs(positive - (h[t] > 20/255).sum().item()) <= 3
        assert abs(clear.sum().item() - (h[t].abs() > 20/255).sum().item()) <= 3
    # How far each letter moved the state, and what is left of the first letter
    moved = (h[1:] - h[:-1]).norm(dim=1)/(h[1:].norm(dim=1) + h[:-1].norm(dim=1))
    others = [states(model, c + word[1:]) for c in model.vocab.itos[1:] if c != word[0]]
    apart = torch.stack([(h - o).norm(dim=1) for o in others]).mean(0)[1:]
    said = rows.locator('small').all_inner_texts()
    percents = torch.tensor([float(x.split()[0]) for x in said]).view(-1, 2)
    close(percents, 100*torch.stack([moved, apart/apart[0]], 1), .51)
    bars = rows.locator('.play-share').evaluate_all("""all => all.map(s =>
        s.firstChild.getBoundingClientRect().width/s.getBoundingClientRect().width)""")
    close(bars, (percents/100).clamp(max=1).flatten(), .01)


def test_slow_units_stand_left(lab):
    "Along other names, too, the left half of the units moves less than the right one"
    order = lab.evaluate("""async () => {
        const [{slowest}, {load}] = await Promise.all(
            [import('/assets/inside.js'), import('/assets/models.js')])
        return slowest(await load('gru')) }""")
    h = states(pretrained('gru'), 'alexandria')[:, order]
    moved = (h[1:] - h[:-1]).abs().sum(0)/h.abs().sum(0)
    assert sorted(order)==list(range(120))
    assert moved[:60].mean() < .8*moved[60:].mean()


def looked_at(model, word, monkeypatch):
    "The attention of each block and head of a transformer, lists of rows"
    seen, attend = [], attention.attend
    def watched(*args, **kwargs):
        "The same, and the weights are kept"
        read, weights = attend(*args, **kwargs)
        seen.append(weights.detach().double().reshape(weights.shape[1], -1))
        return read, weights
    monkeypatch.setattr(attention, 'attend', watched)
    model(contexts(model, [word]))
    places = len(word) + 1
    assert len(seen)==2*places
    return [[[seen[block*places + t][head].tolist() for t in range(places)]
             for head in range(4)] for block in range(2)]


def test_looks_of_the_transformer(page, monkeypatch):
    "The maps are Python's attention; a caption says what a head does most"
    type_jonathan(page)
    inside(page, 'look')
    wanted = looked_at(pretrained('transformer'), 'jonathan', monkeypatch)
    found = page.evaluate("""async () => {
        const [{looks}, {load, contextOf}] = await Promise.all(
            [import('/assets/inside.js'), import('/assets/models.js')])
        const model = await load('transformer')
        return looks(model, contextOf(model, 'jonathan')) }""")
    for ours,theirs in zip(wanted, found, strict=True):
        for map_,their_map in zip(ours, theirs, strict=True):
            for row,their_row in zip(map_, their_map, strict=True):
                close(their_row, row, 1e-5)
    captions = page.locator('#play-look figcaption').all_inner_texts()
    assert len(captions)==8
    maps = [map_ for block in wanted for map_ in block]
    for caption,rows in zip(captions, maps):
        late = list(enumerate(rows))[2:]
        habits = {'the letter itself': lambda t, r: r[t],
                  'the letter before': lambda t, r: r[t - 1],
                  'the beginning': lambda t, r: r[0],
                  'letters farther back': lambda t, r: sum(r[1:t - 1])}
        means = {k: sum(f(t, r) for t,r in late)/len(late) for k,f in habits.items()}
        best = max(means, key=means.get)
        if best=='letters farther back': assert '%' not in caption, (caption, means)
        else: assert caption.endswith(f': {best}, {100*means[best]:.0f} %'), (caption, means)
    # In the picture the square of a share is as blue as the share is large
    alpha = page.locator('#play-look canvas').nth(2).evaluate("""c => {
        const cell = (c.width - 22)/9, row = c.getContext('2d').getImageData(
            0, Math.round(22 + 8.3*cell), c.width, 1).data
        return [...Array(9).keys()].map(s =>
            row[4*Math.round(22 + (s + .3)*cell) + 3]/255) }""")
    close(alpha, [.06 + .94*share for share in wanted[0][2][8]], .02)


def test_looks_end_where_the_transformer_does(page):
    "Of a longer text it shows the beginning"
    page.fill('#play-text', 'guinevere'*2)
    inside(page, 'look')
    label = page.locator('#play-look canvas').first.get_attribute('aria-label')
    longest = pretrained('transformer').longest
    assert label.endswith(f"each of {' '.join('.' + ('guinevere'*2)[:longest])} looks.")


@pytest.mark.parametrize('text, shown', [('jo9', '9'), ('j😀', '😀'), ('straße', 'ß')])
def test_unknown_character(page, text, shown):
    """It is named, and the results of the text before are told from an answer; a text
    without one takes the note away"""
    pale = "getComputedStyle(document.getElementById('play-strips')).opacity < .5"
    page.fill('#play-text', 'ma')
    page.fill('#play-text', text)
    said = page.inner_text('#play-note')
    assert f'“{shown}” is not among' in said and 'pale below is for “ma”' in said
    assert page.evaluate(pale)
    page.fill('#play-text', ' Jo ')
    assert page.inner_text('#play-note')=='' and not page.evaluate(pale)
    assert page.locator('#play-surprise tbody tr:first-child td').count()==5


def test_unknown_character_in_a_prompt(draw):
    "No name is drawn after it; names without a beginning still are"
    draw.fill('#play-text', 'ma')
    draw.check('#play-begin')
    draw.fill('#play-text', 'm9')
    draw.click('#play-hundred')
    assert '“9” is not among' in draw.inner_text('#play-drawn')
    assert draw.locator('#play-names li').count()==0
    assert 'What is pale below' in draw.inner_text('#play-note')
    draw.uncheck('#play-begin')
    assert drawn_names(draw, 100)[0]==drawn_by('wavenet', 100)
    draw.fill('#play-text', 'm8')
    assert 'pale' not in draw.inner_text('#play-note')


@pytest.mark.parametrize('text, read', [
    ('José', 'jose'), ('ze\u0301', 'ze'), ("O'Neil", 'oneil'), ('D’Arcy', 'darcy')])
def test_accents_and_apostrophes(page, text, read):
    "They are left out, which is said, and the rest is answered"
    page.fill('#play-text', text)
    assert page.inner_text('#play-note').startswith(f'Read as “{read}”')
    columns = page.locator('#play-surprise thead th').all_inner_texts()
    assert columns[3:-1]==list(read)


@pytest.mark.parametrize('width', [360, 1280])
@pytest.mark.parametrize('text', ['marguerite', 'maximilianjames'])
def test_surprise_of_every_letter_is_seen(page, width, text):
    "Nothing of the table is cut: a row goes on below"
    page.set_viewport_size(dict(width=width, height=800))
    page.fill('#play-text', text)
    assert page.evaluate("""() => {
        const box = document.getElementById('play-scroll')
        return box.scrollWidth <= box.clientWidth }""")
    assert page.evaluate("""() => {
        const most = document.getElementById('play-scroll').getBoundingClientRect().right
        return [...document.querySelectorAll('#play-surprise td')].every(td =>
            td.getBoundingClientRect().right <= most + 1) }""")


def test_chip_of_what_is_typed(page):
    "It is marked, and no other"
    for text in ('mar', 'q', 'qu'):
        page.fill('#play-text', text)
        chosen = page.locator('#play-tries [aria-pressed=true]').all_inner_texts()
        assert chosen==[text]*(text in ('mar', 'q'))


def ask(page, words):
    "Press a question; it is marked, and what answers it is in the window"
    page.get_by_role('button', name=words).click()
    marked = page.locator('#play-questions [aria-pressed=true]').all_inner_texts()
    assert len(marked)==1 and words in marked[0]


SEEN_NOW = """id => {
    const {top, bottom} = document.getElementById(`play-${id}`).getBoundingClientRect()
    return top >= -1 && top < innerHeight }"""


@pytest.mark.parametrize('size', [PHONE, dict(width=1280, height=800)])
def test_questions(page, size):
    "Each goes to its view, and puts in all that it asks about, whatever was there before"
    page.set_viewport_size(size)
    ask(page, 'who is sure of u')
    assert page.input_value('#play-text')=='q' and page.evaluate(SEEN_NOW, 'strips')
    page.fill('#play-text', 'qu')
    assert page.locator('#play-questions [aria-pressed=true]').count()==0
    ask(page, 'help to see more')
    assert page.evaluate(SEEN_NOW, 'scroll')
    page.click('#play-tab-draw')
    page.fill('#play-topk', '1')
    page.check('#play-begin')
    page.select_option('#play-model', 'gru')
    ask(page, 'And at 2')
    assert page.evaluate(SEEN_NOW, 'temperature')
    assert drawn_names(page, 24)[0]==drawn_by('wavenet', 24, 2.)
    ask(page, 'first letter remembered')
    assert page.is_visible('#play-state') and page.evaluate(SEEN_NOW, 'state')
    assert page.locator('#play-state .play-state b').all_inner_texts()[1:]==list('marguerite')
    ask(page, 'begins at zero')
    reached(page, 'steps > 20')
    assert page.input_value('#play-how')=='zero'
    page.wait_for_function("""document.getElementById('play-said').textContent
        .startsWith('All hidden units begin alike')""")


@pytest.mark.parametrize('letters', [16, 17, 30])
def test_no_place_any_more(page, letters):
    "A model without a place for a text says so, and the others answer as ever"
    model, text = pretrained('transformer'), ('guinevere'*4)[:letters]
    page.fill('#play-text', text)
    assert f'has places for {model.longest} characters' in page.inner_text('#play-note')
    page.click('#play-numbers summary')
    cells = page.locator('#play-next tbody tr:first-child td').all_inner_texts()
    nothing = [x=='–' for x in cells]
    assert nothing==[name in ('transformer', 'mixture') for name in [*SEEN, 'mixture']]
    mute = page.locator('#play-strips .play-nothing').count()
    assert mute==2
    for i,name in enumerate([*SEEN, 'mixture']):
        row = page.locator(f'#play-surprise tbody tr:nth-child({i + 1}) td')
        _, mean, *nats = [c.split()[-1] for c in row.all_inner_texts()]
        shared = surprise(model_of(name), text[:model.longest])[:-1]
        close(numbers(nats[:model.longest]), shared, .0051)
        known = model.longest + 1 if nothing[i] else letters + 1
        assert nats[known:]==['–']*(letters + 1 - known)
        assert '–' not in nats[:known] and (mean=='–')==(known < letters)
    page.fill('#play-text', text[:model.longest])
    assert page.inner_text('#play-note')==''
    assert '–' not in page.inner_text('#play-next') + page.inner_text('#play-surprise')


@pytest.mark.parametrize('letters', [16, 30])
@pytest.mark.parametrize('view', ['next', 'tree', 'state', 'look'])
def test_time_of_a_key(page, report, view, letters):
    "Every key of many is answered; how long that takes is reported"
    if view != 'next': inside(page, view)
    page.focus('#play-text')
    page.evaluate("""() => {
        window.times = []
        document.getElementById('play-text').addEventListener('input', e =>
            requestAnimationFrame(() => {
                const c = new MessageChannel()
                c.port1.onmessage = () => times.push(performance.now() - e.timeStamp)
                c.port2.postMessage(0) })) }""")
    for c in 'guinevere'*4:
        page.keyboard.press(c)
        page.wait_for_timeout(60)  # as one types who types fast
        full = len(page.input_value('#play-text'))==letters
        if full: page.keyboard.press('Control+A')
    page.wait_for_function('times.length > 20')
    picture = statistics.median(page.evaluate('times'))
    report(f'{view}: a key takes {picture:.1f} ms until the picture is there (median, '
           f'up to {letters} characters)')


# Drawing names

def drawn_names(page, n, name='wavenet'):
    "The names in the list when all are drawn, and those that are marked"
    what = '”' if n==1 else f'{n} names'
    page.wait_for_function(f"""document.getElementById('play-drawn').textContent
        .includes('{what} from the {name}; ')""")
    found = page.locator('#play-names li').evaluate_all("""items =>
        items.map(li => li.firstChild.nodeValue ?? "")""")
    marked = page.locator('#play-names li.play-known').evaluate_all("""items =>
        items.map(li => li.firstChild.nodeValue)""")
    said = page.inner_text('#play-drawn')
    rate = np.unpackbits(load_file(PATH)['bits']).mean()**HASHES
    assert len(found)==n
    real = {0: f'none of the {n} is a', 1: f'1 of the {n} is a'}.get(
        len(marked), f'{len(marked)} of the {n} are') if n > 1 else 'it is'
    assert real in said and f'about {100*rate:.1f} %' in said
    hidden = page.locator('#play-names li.play-known .play-hidden').all_text_contents()
    assert hidden==[' (a real name)']*len(marked)
    return found, marked


@pytest.fixture
def draw(page):
    "A page in which the view of drawing is open"
    page.click('#play-tab-draw')
    return page


def by_keyboard(page):
    "Choose the MLP, a temperature of 0.5, top-k 5 and seed 7, and go to the button"
    page.focus('#play-model')
    for _ in range(SEEN.index('wavenet') - SEEN.index('mlp')):
        page.keyboard.press('ArrowUp')
    page.keyboard.press('Tab')
    for _ in range(5): page.keyboard.press('ArrowLeft')
    assert page.inner_text('#play-temperature-value')=='0.5'
    for text in ('5', '7'):
        page.keyboard.press('Tab')
        page.keyboard.press('Control+A')
        page.keyboard.type(text)
        # The focus can be seen.
        outline = 'getComputedStyle(document.activeElement).outlineStyle'
        assert page.evaluate(outline)=='solid'
    page.keyboard.press('Tab')
    assert page.evaluate('document.activeElement.id')=='play-one'


@pytest.mark.parametrize('role, name, place', [
    ('combobox', 'Model', 'model'), ('slider', 'Temperature', 'temperature'),
    ('spinbutton', 'top-k', 'topk'), ('spinbutton', 'Seed', 'seed')])
def test_controls_have_names(draw, role, name, place):
    "A screen reader finds each control by its role and name"
    found = draw.get_by_role(role, name=name).get_attribute('id')
    assert found==f'play-{place}'


def test_a_hundred(draw):
    "The first hundred, by mouse; the real names among them are marked"
    draw.click('#play-hundred')
    found, marked = drawn_names(draw, 100)
    assert found==drawn_by('wavenet', 100)
    corpus = load_corpus()
    if corpus.name=='names':
        known = set(corpus)
        assert {w for w in found if w in known} <= set(marked) and len(marked) < 40
        assert len(set(marked) - known) <= 3
    # They stay a hundred, until fewer are asked for
    draw.fill('#play-seed', '7')
    assert drawn_names(draw, 100)[0]==drawn_by('wavenet', 100, seed=7)
    draw.click('text=Fewer names')
    assert drawn_names(draw, 24)[0]==drawn_by('wavenet', 24, seed=7)


def test_keyboard(draw):
    "Every control by keyboard; one name grows by a character at a time"
    by_keyboard(draw)
    draw.keyboard.press('Enter')
    draw.wait_for_function(f'{LETTERS}==1')
    draw.wait_for_function(f'{LETTERS}==2')
    assert drawn_names(draw, 1, 'mlp')[0]==drawn_by('mlp', 1, .5, 5, 7)


def test_a_hundred_while_one_is_drawn(draw):
    "The last wish counts, and stays"
    by_keyboard(draw)
    draw.keyboard.press('Enter')
    draw.wait_for_function(f'{LETTERS}==1')
    draw.keyboard.press('Tab')
    draw.keyboard.press('Space')
    expected = drawn_by('mlp', 100, .5, 5, 7)
    assert drawn_names(draw, 100, 'mlp')[0]==expected
    draw.wait_for_timeout(500)
    assert drawn_names(draw, 100, 'mlp')[0]==expected


@pytest.mark.parametrize('name', [*PRETRAINED, 'mixture'])
def test_each_model(draw, name):
    "The chosen model draws"
    by_keyboard(draw)
    draw.select_option('#play-model', name)
    draw.click('#play-hundred')
    assert drawn_names(draw, 100, name)[0]==drawn_by(name, 100, .5, 5, 7)


def test_names_follow_the_controls(draw):
    "Without a button: 24 names, drawn again when model, temperature or seed change"
    assert drawn_names(draw, 24)[0]==drawn_by('wavenet', 24)
    draw.select_option('#play-model', 'gru')
    assert drawn_names(draw, 24, 'gru')[0]==drawn_by('gru', 24)
    draw.focus('#play-temperature')
    draw.keyboard.press('Home')
    assert drawn_names(draw, 24, 'gru')[0]==drawn_by('gru', 24, .1)
    draw.click('#play-other')
    seed = int(draw.input_value('#play-seed'))
    assert drawn_names(draw, 24, 'gru')[0]==drawn_by('gru', 24, .1, seed=seed)


@pytest.mark.parametrize('name', [*PRETRAINED, 'mixture'])
def test_names_that_begin_as_typed(draw, name):
    "As Python's with a prompt; a transformer says where it has no place"
    draw.fill('#play-text', 'mar')
    draw.select_option('#play-model', name)
    draw.check('#play-begin')
    wanted = sample(model_of(name), 24, prompt='mar', g=seeded(42))
    assert drawn_names(draw, 24, name)[0]==wanted
    draw.fill('#play-text', 'guinevereguinevere')
    if model_of(name).longest:
        assert 'begin with fewer' in draw.inner_text('#play-drawn')
        assert draw.locator('#play-names li').count()==0
    draw.fill('#play-text', '')
    assert not draw.is_checked('#play-begin') and draw.is_disabled('#play-begin')
    assert drawn_names(draw, 24, name)[0]==sample(model_of(name), 24, g=seeded(42))


@pytest.mark.parametrize('key, tau, word', [('Home', .1, 'tame'), ('End', 2., 'wild')])
def test_what_a_temperature_does(draw, key, tau, word):
    "The second strip has the chances at it, and a sentence says what became of them"
    draw.fill('#play-text', 'q')
    draw.check('#play-begin')
    draw.focus('#play-temperature')
    draw.keyboard.press(key)
    z = pretrained('wavenet')(contexts(pretrained('wavenet'), ['q'])).detach().double()[0]
    for strip,p in zip(draw.locator('#play-tempered .play-strip').all(),
                       (z.softmax(0), (z/tau).softmax(0))):
        close(widths(strip), p, .004)
    assert word in draw.inner_text('#play-tells') and '“u”' in draw.inner_text('#play-tells')


@pytest.mark.parametrize('k, tau', [(1, 1.), (3, 1.), (3, .5)])
def test_what_top_k_does(draw, k, tau):
    "The second strip has the chances of those that can be drawn, and a sentence says so"
    draw.fill('#play-text', 'mar')
    draw.check('#play-begin')
    draw.fill('#play-topk', str(k))
    draw.focus('#play-temperature')
    for _ in range(round(10*(1 - tau))): draw.keyboard.press('ArrowLeft')
    z = pretrained('wavenet')(contexts(pretrained('wavenet'), ['mar'])).detach().double()[0]
    least = z.topk(k).values[-1]
    z = (z/tau).masked_fill(z < least, -torch.inf)
    close(widths(draw.locator('#play-tempered .play-strip').nth(1)), z.softmax(0), .004)
    said = draw.inner_text('#play-tells')
    wanted = 'Only the likeliest letter can' if k==1 else f'Only the {k} likeliest letters can'
    assert wanted in said and 'own chances' not in said
    assert ('“i”' in said)==(tau != 1 and k > 1)
    draw.focus('#play-temperature')
    draw.keyboard.press('End')
    said = draw.inner_text('#play-tells')
    assert ('all names are alike' in said and 'wild' not in said)==(k==1)
    draw.fill('#play-topk', '')
    assert 'Only the' not in draw.inner_text('#play-tells')


def test_strip_of_each_letter(draw):
    "One name, letter by letter: the strip is that of the next one"
    draw.click('#play-one')
    word, = drawn_by('wavenet', 1)
    first = draw.locator('#play-tempered .play-who b').first
    for t in range(1, 3):
        draw.wait_for_function(f'{LETTERS}=={t}')
        assert first.inner_text()==f'after “{word[:t]}”'
    draw.click('#play-hundred')
    drawn_names(draw, 100)
    assert first.inner_text()=='first letter'


def test_link(draw, browser, url):
    "It holds model, prompt, temperature, top-k and seed; opened, it shows the same names"
    draw.fill('#play-text', 'jo')
    draw.check('#play-begin')
    draw.select_option('#play-model', 'gru')
    draw.focus('#play-temperature')
    for _ in range(3): draw.keyboard.press('ArrowLeft')
    draw.fill('#play-topk', '9')
    draw.fill('#play-seed', '7')
    draw.click('#play-link')
    draw.wait_for_function("document.getElementById('play-linked').textContent")
    found, _ = drawn_names(draw, 24, 'gru')
    assert found==sample(pretrained('gru'), 24, temperature=.7, top_k=9, prompt='jo', seed=7)
    page, loaded, complaints = opened(browser, draw.url)
    assert drawn_names(page, 24, 'gru')[0]==found
    # What stands behind # is sent to no server
    assert loaded[0].request.headers.get('referer') is None and '#' not in loaded[0].url
    assert not complaints
    page.close()
    # A hundred are in the link, too; a seed that is none isn't
    draw.click('#play-hundred')
    found = drawn_names(draw, 100, 'gru')[0]
    draw.click('#play-link')
    draw.wait_for_function("location.hash.includes('n=100')")
    page, _, _ = opened(browser, draw.url)
    assert drawn_names(page, 100, 'gru')[0]==found
    page.close()
    draw.fill('#play-seed', '')
    draw.click('#play-link')
    assert 'no link to this' in draw.inner_text('#play-linked')


def test_link_with_nonsense(browser, url):
    "What can't be is left as it was"
    page, _, complaints = opened(browser, f'{url}#view=cellar&model=oracle&seed=x&prompt=zo')
    assert page.input_value('#play-text')=='zo' and page.input_value('#play-seed')=='42'
    assert page.is_visible('#play-view-next')
    page.click('#play-tab-draw')
    assert page.input_value('#play-model')=='wavenet'
    assert not complaints
    page.close()


@pytest.mark.parametrize('box, bad, word', [
    ('topk', '0', 'Top-k'), ('topk', '28', 'Top-k'), ('seed', '', 'seed'),
    ('seed', '1.5', 'seed'), ('seed', '-1', 'seed')])
def test_impossible_wish(draw, box, bad, word):
    "It is refused in words, and no name is drawn"
    draw.click('#play-hundred')
    drawn_names(draw, 100)
    draw.fill(f'#play-{box}', bad)
    draw.click('#play-hundred')
    said = draw.inner_text('#play-drawn')
    assert word in said and 'has to be' in said
    assert draw.locator('#play-names li').count()==0
    # What the strips and their sentence said before isn't claimed of it
    assert draw.inner_text('#play-tells')==''
    opacity = "getComputedStyle(document.getElementById('play-tempered')).opacity"
    assert draw.evaluate(opacity) < '1'
    draw.fill(f'#play-{box}', '9')
    assert draw.evaluate(opacity)=='1'


def test_second_line_of_a_name(draw):
    "It is set in, so that it isn't taken for another name"
    draw.set_viewport_size(PHONE)
    draw.select_option('#play-model', 'bigram')
    draw.fill('#play-seed', '231')
    indents = draw.locator('#play-names li').evaluate_all("""all => all.map(li => [
        getComputedStyle(li).textIndent, getComputedStyle(li).paddingLeft])""")
    assert all(a==f'-{b}' and a != '-0px' for a,b in indents)


def test_long_names(draw):
    "A name is cut at a hundred characters, and makes the page no wider than a phone"
    draw.select_option('#play-model', 'bigram')
    draw.evaluate("""() => {
        const t = document.getElementById('play-temperature')
        t.value = 2
        t.dispatchEvent(new Event('input')) }""")
    draw.fill('#play-topk', '')
    draw.fill('#play-seed', '231')  # one of the hundred is cut
    draw.click('#play-hundred')
    found, _ = drawn_names(draw, 100, 'bigram')
    assert found==drawn_by('bigram', 100, 2., None, 231)
    assert max(map(len, found))==100
    draw.set_viewport_size(PHONE)
    assert draw.evaluate(FITS)


def test_bloom(lab, report):
    """The filter says of each word what tools/bloom.py says, knows the whole corpus,
    and is wrong about as few others as it states"""
    corpus = load_corpus()
    known = set(corpus)
    scrambled = {''.join(random.Random(w).sample(w, len(w))) for w in corpus}
    others = [w for w in scrambled if w not in known]
    bits = load_file(PATH)['bits']
    ours = [all(bits[at >> 3] >> (at & 7) & 1 for at in places(w))
            for w in (*corpus, *others)]
    theirs, stated = lab.evaluate("""async words => {
        const [{Bloom}, {fetchTensors}] = await Promise.all(
            [import('/assets/bloom.js'), import('/assets/safetensors.js')])
        const bloom = new Bloom(await fetchTensors('/assets/names.safetensors'))
        return [words.map(w => bloom.has(w)), bloom.errorRate] }""", [*corpus, *others])
    wrong = sum(theirs[len(corpus):])/len(others)
    report(f'the filter takes {wrong:.2%} of {len(others):,} words outside '
           f'{corpus.name} for names; it states {stated:.2%}')
    assert theirs==ours
    assert abs(stated - np.unpackbits(bits).mean()**HASHES) < 1e-9
    # Some scrambled surnames are first names.
    assert abs(wrong - stated) < (.002 if corpus.name=='names' else .01)
    if corpus.name=='names': assert all(theirs[:len(corpus)])


# A network that learns

def trained(page, function, *args):
    "What a function of the trainer's modules returns"
    return page.evaluate("""async ([code, args]) => {
        const [train, counts] = await Promise.all(
            [import('/assets/train.js'), import('/assets/counts.js')])
        return eval(code)(train, counts, ...args) }""", [function, list(args)])


SMALL = ['emma', 'olivia', 'ava', 'isabella', 'sophia', 'mia', 'zoe', 'ann', 'eve', 'emma']
ROWS = """counts.rowsOf(counts.levelsOf(words, vocab, T), vocab.length + 1)"""


def small_net(kind, vocab):
    "A network of Python and its parameters by the names that the page gives them"
    g = seeded(3)
    if kind=='layer':
        net = BigramNet(vocab, g=g)
        return net, dict(W=net.W)
    net = MLP(vocab, 3, 4, 7, g=g)
    for p in net.parameters(): p.data = torch.randn(p.shape, generator=g)
    return net, dict(zip(('C', 'W1', 'b1', 'W2', 'b2'), net.parameters()))


@pytest.mark.parametrize('kind', ['layer', 'mlp'])
def test_gradients_and_steps(lab, kind):
    "Loss, gradients, and the parameters after five steps of Adam are Python's, in float64"
    vocab = Vocab(SMALL)
    net, params = small_net(kind, vocab)
    for p in params.values(): p.data = p.data.double()
    before = {k: p.detach().flatten().tolist() for k,p in params.items()}
    T = net.block_size
    counts = count_contexts(SMALL, vocab, T)
    x, n = counts[:]
    loss = autograd(net, x, n.double())
    grads = {k: p.grad.flatten().clone() for k,p in params.items()}
    each = [autograd(net, x[r:r+1], n[r:r+1].double()).item() for r in range(len(x))]
    total = n.sum(1).tolist()
    optimizer = AdamW(list(params.values()), lr=.05, weight_decay=0.)
    for _ in range(5):
        autograd(net, x, n.double())
        optimizer.step()
    theirs = trained(lab, f"""(train, counts, kind, words, vocab, T, params) => {{
        const rows = {ROWS}, V = vocab.length + 1
        for (const k in params) params[k] = Float64Array.from(params[k])
        const net = kind === 'layer' ? new train.OneLayer(V, params)
            : new train.Perceptron({{V, T, D: 4, H: 7}}, params)
        const loss = net.backward(rows), alone = net.loss(rows)
        const grads = structuredClone(net.grads)
        const picked = net.backward(rows, [2, 3, 4, 5, 6, 7, 8])
        const adam = new train.Adam(net)
        for (let i = 0; i < 5; i++) {{ net.backward(rows); adam.step(.05) }}
        const plain = o => Object.fromEntries(
            Object.entries(o).map(([k, v]) => [k, Array.from(v)]))
        const x = Array.from(rows.x).slice(2*T, 9*T)
        return {{loss, alone, picked, x, size: net.size, grads: plain(grads),
                after: plain(net.params)}} }}""",
        kind, SMALL, ''.join(vocab.itos[1:]), T, before)
    # The page's rows stand in another order
    rows = [x.tolist().index(c) for c in torch.tensor(theirs['x']).view(7, T).tolist()]
    some = sum(each[r]*total[r] for r in rows)/sum(total[r] for r in rows)
    for key,ours in dict(loss=loss.item(), alone=loss.item(), picked=some).items():
        close(theirs[key], ours, 1e-12)
    assert theirs['size']==net.n_params
    for k in params:
        close(theirs['grads'][k], grads[k], 1e-12)
        close(theirs['after'][k], params[k].detach().flatten(), 1e-10)


@pytest.mark.parametrize('how', ['good', 'large', 'zero'])
def test_starts(lab, how):
    """A careful start has nearly equal chances; a large one costs far more, and saturates
    units; from zero all units stay equal, and only the letters' frequencies are learned"""
    words, vocab = SMALL*4, ''.join(Vocab(SMALL).itos[1:])
    first, last, params, saturated = trained(lab, f"""(train, counts, words, vocab, how) => {{
        const T = 3, rows = {ROWS}, V = vocab.length + 1
        const net = train.Perceptron.start(V, {{T, how}}), adam = new train.Adam(net)
        const first = net.loss(rows), h = new Float64Array(net.H), z = new Float64Array(V)
        let saturated = 0
        for (let r = 0; r < rows.U; r++) {{
            net.forward(net.parts(), rows.x, r*T, h, z)
            saturated += h.filter(y => Math.abs(y) > .97).length/rows.U/net.H
        }}
        for (let i = 0; i < 400; i++) {{ net.backward(rows); adam.step(.05) }}
        return [first, net.loss(rows), Array.from(net.params.W2), saturated] }}""",
        words, vocab, how)
    equal = np.log(len(vocab) + 1)
    if how=='good': assert abs(first - equal) < .1 and saturated < .35
    if how=='large': assert first > 2*equal and saturated > .6
    if how != 'zero': return
    n = count_contexts(words, Vocab(SMALL), 3).n.double()
    p = n.sum(0)/n.sum()
    entropy = -(p[p > 0]*p[p > 0].log()).sum().item()
    assert first==pytest.approx(equal) and last==pytest.approx(entropy, abs=1e-3)
    assert not any(params)


@pytest.mark.skipif(not NAMES, reason='the shipped models learned from names')
def test_rows_of_the_names(lab):
    """What networks learn from here: the 5,438 contexts of three letters and what followed
    them in train, from the 5-gram's file; and the same of dev, from a file of its own"""
    found = lab.evaluate("""async () => {
        const [{rowsOf, unpackRows, endsIn}, {load}, {fetchTensors}] = await Promise.all(
            [import('/assets/counts.js'), import('/assets/models.js'),
             import('/assets/safetensors.js')])
        const {levels, V} = await load('5-gram')
        const {tensors} = await fetchTensors('/assets/dev.safetensors')
        const all = [3, 2, 1].map(T => rowsOf(levels.slice(0, T + 1), V))
        return [...all, unpackRows(tensors, V, 3)].map(rows =>
            [rows.U, Array.from(rows.x), Array.from(rows.n), endsIn(rows)]) }""")
    train, dev, _ = split_words(load_corpus())
    vocab = pretrained('mlp').vocab
    for (U, x, n, ends), words, T in zip(found, (train, train, train, dev), (3, 2, 1, 3)):
        counts = count_contexts(words, vocab, T)
        assert U==len(counts) and ends==len(words)
        # The page's rows stand in another order
        theirs = dict(zip(map(tuple, torch.tensor(x).view(U, T).tolist()),
                          torch.tensor(n).view(U, -1).tolist()))
        assert theirs==dict(zip(map(tuple, counts.x.tolist()), counts.n.tolist()))
    assert found[0][0]==5438
    assert playdata.PATH.stat().st_size < 60_000


@pytest.mark.skipif(not NAMES, reason='the shipped models learned from names')
def test_the_file_of_what_is_measured_with():
    "It is what tools/playdata.py makes of dev; the mixture's loss is Python's"
    train, dev, _ = split_words(load_corpus())
    model, said = mixture()
    packed = playdata.packed(count_contexts(dev, model.vocab, 3))
    kept = load_file(playdata.PATH)
    assert packed.keys()==kept.keys()
    assert all((packed[k]==kept[k]).all() for k in packed)
    assert said['models']==list(PRETRAINED) and abs(sum(said['weights']) - 1) < 1e-4
    assert abs(nll(model, dev) - said['dev']) < 1e-4
    assert said['dev'] < min(nll(pretrained(m), dev) for m in PRETRAINED) - .03
    close(playdata.mixed(dev).weights, said['weights'], 1e-4)


@pytest.fixture
def train(page):
    "A page in which the view of training is open"
    page.click('#play-tab-train')
    return page


def progress(page, text=None):
    "What stands there, or stood: parameters, steps, seconds of work, the loss on dev"
    text = (text or page.inner_text('#play-progress')).replace(',', '')
    size, steps, seconds, loss = text.split(' · ')
    return (int(size.split()[0]), int(steps.split()[0]), float(seconds.split()[0]),
            float(loss.split()[6]))


def reached(page, condition):
    "Wait until a condition on `dev` and `steps` holds; what stood there then"
    return page.wait_for_function(f"""() => {{
        const text = document.getElementById('play-progress').textContent.replace(/,/g, '')
        const steps = Number(text.match(/([0-9]+) steps/)?.[1])
        const dev = Number(text.match(/sees ([0-9.]+)/)?.[1])
        return {condition} && text }}""", timeout=120_000).json_value()


@pytest.mark.skipif(not NAMES, reason='the shipped models learned from names')
def test_it_learns(train, report):
    "4,009 parameters come below 2.25 on dev, and what the curve and the table show is so"
    train.click('#play-start')
    size, steps, seconds, dev = progress(train, reached(train, 'dev < 2.25'))
    train.click('#play-pause')
    train.wait_for_function("document.getElementById('play-said').textContent==='It pauses.'")
    assert size==4009 and dev < 2.25
    report(f'{size:,} parameters reach {dev:.3f} on dev in {steps} steps, '
           f'{seconds:.1f} seconds of work in a worker')
    assert 'better than counting pairs' in train.inner_text('#play-progress')
    label = train.locator('#play-curve svg').get_attribute('aria-label')
    _, theirs, vocab = *split_words(load_corpus())[:2], pretrained('mlp').vocab
    bigram = Bigram(vocab, 1.).fit(count_contexts(split_words(load_corpus())[0], vocab, 1))
    assert label.endswith(f'counting pairs has {nll(bigram, theirs):.3f}')
    rows = train.locator('#play-better tr')
    heads = rows.locator('th').all_inner_texts()
    assert heads[0]=='step 0' and heads[-1]=='now' and len(heads) >= 4
    names = rows.locator('td').all_inner_texts()
    assert all(len(x.split(', '))==8 for x in names) and len(set(names))==len(names)
    # The names that it draws now are more like names: the WaveNet is less surprised
    cost = [nll(pretrained('wavenet'), [w for w in x.split(', ')]) for x in names]
    assert cost[-1] < cost[0] - .5


@pytest.mark.skipif(not NAMES, reason='the shipped models learned from names')
def test_one_layer_comes_to_the_counts(train):
    "The table of pairs, found by descent: its loss ends at that of counting"
    train.select_option('#play-kind', 'layer')
    assert train.is_disabled('#play-sees') and train.is_disabled('#play-hidden')
    assert train.input_value('#play-sees')=='1'  # and afterwards what was chosen
    train.select_option('#play-kind', 'mlp')
    assert train.input_value('#play-sees')=='3'
    train.select_option('#play-kind', 'layer')
    train.select_option('#play-rate', '0.1')
    train.click('#play-start')
    there = reached(train, 'dev < 2.4575')
    size, _, _, dev = progress(train, there)
    assert size==729 and dev > 2.44
    assert 'as good as counting pairs' in there


def test_pause_and_rate(train):
    "A pause stops it, and it goes on from there; a rate is taken while it runs"
    train.click('#play-start')
    reached(train, 'steps > 3')
    train.click('#play-pause')
    train.wait_for_timeout(400)
    stopped = progress(train)
    train.wait_for_timeout(400)
    assert progress(train)==stopped
    assert train.inner_text('#play-pause')=='Go on'
    train.click('#play-pause')
    reached(train, f'steps > {stopped[1]}')
    train.select_option('#play-rate', '1')
    reached(train, 'dev > 4')
    train.wait_for_function("""document.getElementById('play-said').textContent
        .startsWith('At a rate of 1 the steps are so long')""")
    train.select_option('#play-sees', '1')
    # which waits for the next training
    assert train.inner_text('#play-said').startswith('Press “Begin anew”')
    assert progress(train)[0]==4009
    train.select_option('#play-hidden', '16')
    train.select_option('#play-rate', '0.01')
    train.click('#play-start')
    reached(train, 'dev < 3')
    assert progress(train)[0]==27*10 + 10*16 + 16 + 16*27 + 27


@pytest.mark.parametrize('how, most', [('large', 30), ('zero', 3.5)])
def test_a_bad_start(train, how, most):
    "It begins where Python's equally bad network begins, or learns frequencies only"
    train.select_option('#play-how', how)
    train.click('#play-start')
    reached(train, 'steps > 20')
    label = train.locator('#play-curve svg').get_attribute('aria-label')
    first = float(label.split('at the start ')[1].split(';')[0])
    assert first > 8 if how=='large' else first==pytest.approx(np.log(27), abs=1e-3)
    assert first < most
    if how=='zero':
        reached(train, 'steps > 100')
        assert progress(train)[3] > 2.7
        assert 'worse than counting pairs' in train.inner_text('#play-progress')


# What is said of a training: its points (steps, dev, loss), its rate, its letters
GOES = {
    'begun': ([(0, 3.3, 3.3), (10, 3.2, 3.2)], .01, 3),
    'It learns': ([(0, 3.3, 3.3), (100, 2.6, 2.6), (300, 2.3, 2.2)], .01, 3),
    'come as far as it can': ([(0, 3.3, 3.3), (300, 2.46, 2.45), (900, 2.455, 2.45)], .01, 1),
    'By one letter': ([(0, 3.3, 3.3), (300, 2.46, 2.45), (900, 2.455, 2.45)], .01, 1),
    'It memorises': ([(0, 3., 3.), (100, 2.5, 1.5), (900, 3.1, .2)], .01, 3),
    'It leaps': ([(0, 3.3, 3.3), (100, 2.4, 2.4), (900, 3., 2.9)], .1, 3),
    'each spoils': ([(0, 3.3, 3.3), (100, 2.4, 2.4), (900, 33., 30.)], 1, 3),
    'learn that again': ([(0, 3.3, 3.3), (100, 2.4, 2.4), (900, 33., 30.)], .001, 3),
    'Still worse': ([(0, 3.9, 3.9), (100, 3.5, 3.5)], .01, 3)}


@pytest.mark.parametrize('said', GOES)
def test_what_is_said_of_a_training(lab, said):
    "It follows from its losses"
    points, rate, T = GOES[said]
    points = [dict(steps=a, dev=b, loss=c) for a,b,c in points]
    found = lab.evaluate("""async ([points, settings]) => {
        const {happens} = await import('/assets/training.js')
        return happens(points, {equal: Math.log(27)}, settings) }""",
        [points, dict(kind='mlp', how='good', rate=rate, T=T)])
    assert said in found, found


# A list of one's own

NUMBERS = 999


@pytest.fixture
def own(page):
    "A page in which the view of one's own list is open"
    page.click('#play-tab-list')
    return page


@pytest.mark.parametrize('words, T', [(SMALL, 4), (SMALL*3, 8), (None, 3)])
def test_counting_a_list(lab, words, T):
    "Levels, predictions and names are Python's"
    words = words or [*TOWNS, 'Åre', 'Zürich', 'İzmir', '東京', 'a b']
    vocab = Vocab(words)
    shown, itos, levels, logits, names = trained(lab, """(train, counts, words, T) =>
        Promise.all([import('/assets/models.js'), import('/assets/sample.js')])
        .then(([{contextOf}, {sampling}]) => {
            const found = counts.counted(counts.wordsOf(words.join('\\n')), T)
            const models = [found.pairs, found.longer]
            return [found.vocab, found.itos, found.levels.map(Object.values),
                models.map(m => words.map(w => m.logits(contextOf(m, w)))),
                models.map(m => [...sampling(m, 50, {seed: 5})].pop().words)] })""",
        words, T)
    assert itos==vocab.itos and shown==''.join(vocab.itos[1:])
    ours = suffix_counts(count_contexts(words, vocab, T), T)
    assert levels==[[x.tolist() for x in level.values()] for level in ours]
    # Nothing is added for what was never counted
    models = Bigram(vocab, 0.), NGram(vocab, T, 0.)
    for model,theirs,drawn in zip(models, logits, names):
        model.fit(count_contexts(words, vocab, T))
        close(theirs, model(contexts(model, words)).double(), 1e-5)
        assert drawn==sample(model, 50, g=seeded(5))


def test_own_list(own):
    "Numbers in words: counted, drawn, marked; nothing of it is sent; a network learns it"
    sent = []
    own.on('request', lambda r: sent.append(r.url))
    assert 'nothing of it is sent anywhere' in own.inner_text('#play-view-list')
    own.click('#play-example')
    words = own.input_value('#play-words').split('\n')
    assert len(set(words))==len(words)==NUMBERS
    assert words[20]=='twenty-one' and words[-1]=='nine hundred ninety-nine'
    said = own.inner_text('#play-counting')
    vocab = Vocab(words)
    known = len(count_contexts(words, vocab, 4))
    assert f'{NUMBERS} lines, {NUMBERS} of them different, {len(vocab) - 1} characters, ' in said
    assert f'{known} contexts of 4' in said
    model = NGram(vocab, 4, 0.).fit(count_contexts(words, vocab, 4))
    for seed,button in ((0, None), (1, '#play-again')):
        if button: own.click(button)
        items = own.locator('#play-longer li')
        drawn = items.evaluate_all('all => all.map(li => li.firstChild.nodeValue)')
        assert drawn==sample(model, 12, max_len=60, g=seeded(seed))
        marked = items.evaluate_all('all => all.map(li => li.className==="play-known")')
        assert marked==[w in words for w in drawn]
    own.click('#play-teach')
    assert own.is_visible('#play-view-train')
    assert own.input_value('#play-source')=='list'
    held = NUMBERS//10
    assert own.inner_text('#play-learned')==f'{NUMBERS - held}'
    assert own.inner_text('#play-kept-back')==f'{held}'
    reached(own, 'steps > 30 && dev < 2')
    assert 'o' in own.inner_text('#play-better tr:last-child td')
    assert not [u for u in sent if not u.endswith('.js')], sent


CITIES = """Berlin London Paris Madrid Rome Vienna Prague Warsaw Budapest Dublin Lisbon Athens
Helsinki Stockholm Copenhagen Amsterdam Brussels New_York São_Paulo Zürich"""
CITIES = [city.replace('_', ' ') for city in CITIES.split()]


@pytest.mark.parametrize('T', [2, 4, 8])
def test_short_list(own, T):
    """Names are put together from its pieces only, and how many are known by heart is
    counted; of long contexts all are"""
    own.fill('#play-words', '\n'.join(CITIES))
    own.select_option('#play-longest', str(T))
    own.click('#play-count')
    for place,k in (('pairs', 1), ('longer', T)):
        drawn = own.locator(f'#play-{place} li').evaluate_all(
            'all => all.map(li => li.firstChild.nodeValue)')
        known = sum(w in CITIES for w in drawn)
        said = own.inner_text(f'#play-{place}-said')
        count = {0: 'None of 12 is', 1: '1 of 12 is', 12: 'All 12 are'}
        assert said.startswith(f"{count.get(known, f'{known} of 12 are')} in your list")
        assert ('by heart' in said)==(known > 6)
        # Every piece of k + 1 characters is one of the list
        pad, end = '.'*k, '.'
        pieces = {(pad + w + end)[i:i+k+1] for w in CITIES for i in range(len(w) + 1)}
        for w in drawn:
            whole = pad + w + end*(len(w) < 60)
            assert {whole[i:i+k+1] for i in range(len(whole) - k)} <= pieces, w
    if T==8: assert known==12


def test_list_that_is_changed(own):
    "What is shown of the one before goes, and no network learns it any more"
    own.click('#play-example')
    own.click('#play-tab-train')
    own.select_option('#play-how', 'zero')
    own.click('#play-tab-list')
    own.click('#play-teach')
    assert own.input_value('#play-how')=='good'  # no bad start that was tried before
    own.click('#play-tab-list')
    own.fill('#play-words', '\n'.join(CITIES))
    assert own.locator('#play-mine').is_hidden()
    assert own.inner_text('#play-counting')==''
    own.click('#play-tab-train')
    assert own.input_value('#play-source')=='names'
    assert own.locator('#play-source option').last.is_disabled()


def test_network_that_learns_a_list_by_heart(own):
    """Both curves are in the picture; it says that it memorises, and from how many lines"""
    own.fill('#play-words', '\n'.join(CITIES))
    own.click('#play-count')
    own.click('#play-teach')
    assert own.inner_text('#play-learned')=='18'
    assert own.inner_text('#play-kept-back')=='2'
    own.wait_for_function("""document.getElementById('play-said').textContent
        .startsWith('It memorises')""", timeout=120_000)
    reached(own, 'steps > 300')
    for line in ('fit', 'dev'):
        y = own.locator(f'#play-curve polyline.play-{line}').evaluate("""line =>
            [...line.points].map(p => p.y)""")
        assert len(y) > 1 and all(0 <= at < 260 - 30 - 1 for at in y), (line, y)


@pytest.mark.parametrize('text, said', [
    ('', 'has 0 lines'), ('anna\n\n \nberta', 'has 2 lines. Write ten or more'),
    ('\n'.join(['x'*201]*10), 'has 201 characters'),
    ('\n'.join(chr(i) for i in range(0x4e00, 0x4e00 + 2001)), '2001 different characters')])
def test_impossible_list(own, text, said):
    "It is refused in words, and shows no names"
    own.click('#play-example')
    own.fill('#play-words', text)
    own.click('#play-count')
    assert said in own.inner_text('#play-counting')
    assert own.locator('#play-mine').is_hidden()


def test_list_that_is_too_large_to_learn_from(own):
    "It is counted; a training is refused in words"
    g = random.Random(1)
    words = [''.join(chr(0x4e00 + g.randrange(1900)) for _ in range(3)) for _ in range(4000)]
    own.evaluate("""text => { document.getElementById('play-words').value = text }""",
                 '\n'.join(words))
    own.click('#play-count')
    assert '4,000 lines' in own.inner_text('#play-counting')
    own.click('#play-teach')
    assert 'too large to learn from' in own.inner_text('#play-said')
    assert own.inner_text('#play-start')=='Start' and own.is_disabled('#play-pause')


def test_list_of_the_corpus(own, report):
    "Thirty thousand names, pasted"
    words = list(load_corpus())
    own.evaluate("""text => { document.getElementById('play-words').value = text }""",
                 '\n'.join(words))
    own.select_option('#play-longest', '6')
    took = own.evaluate("""() => {
        const began = performance.now()
        document.getElementById('play-count').click()
        return performance.now() - began }""")
    report(f'{len(words):,} pasted names are counted in {took/1000:.1f} s, to 6 characters')
    assert f'{len(words):,} lines' in own.inner_text('#play-counting')
    assert own.locator('#play-longer li').count()==12


# The page

VIEWS = ['next', 'draw', 'inside', 'train', 'list']
SETTINGS = dict(light={}, dark=dict(color_scheme='dark'), narrow=dict(viewport=PHONE),
                forced=dict(forced_colors='active'))


@pytest.mark.parametrize('kwargs', SETTINGS.values(), ids=SETTINGS.keys())
def test_page(browser, url, report, kwargs):
    "No request except to its own server, under 1.6 MB, no complaint; dark, narrow"
    page, loaded, complaints = opened(browser, url, **kwargs)
    for view in VIEWS:
        page.click(f'#play-tab-{view}')
        if view=='train':
            page.click('#play-start')
            reached(page, 'steps > 2')
            page.click('#play-pause')
        if view=='list': page.click('#play-example')
        assert page.evaluate(FITS), f'{view}: the page is wider than the window'
    page.click('#play-tab-inside')
    for which in ('state', 'look', 'tree'):
        page.check(f'input[value={which}]')
        assert page.evaluate(FITS), f'{which}: the page is wider than the window'
    others = [r.url for r in loaded if not r.url.startswith((url, 'data:'))]
    assert others==[]
    files = {r.url: len(r.body()) for r in loaded if r.url.startswith(url)}
    report(f'the playground loads {sum(files.values()):,} bytes in {len(files)} files')
    assert sum(files.values()) < 1_600_000
    if 'color_scheme' in kwargs:  # the colours are the page's
        found = page.evaluate("""['input', 'select', 'td', 'figcaption', 'textarea'].map(t =>
            getComputedStyle(document.querySelector('#play ' + t)).color)""")
        assert set(found)=={'rgb(255, 255, 255)'}
    if 'forced_colors' in kwargs:  # what shows numbers by colour keeps it
        kept = page.evaluate("""['.play-vowel', '.play-strip', '.play-many i', '.play-left i',
            '#play-surprise td:last-child'].map(s => getComputedStyle(
                document.querySelector(`#play ${s}`)).forcedColorAdjust)""")
        assert set(kept)=={'none'}
    page.close()
    assert not complaints


@pytest.mark.parametrize('kwargs', SETTINGS.values(), ids=SETTINGS.keys())
def test_axe(browser, url, kwargs):
    "axe finds no fault in any view"
    from axe_playwright_python.sync_playwright import Axe
    page, _, _ = opened(browser, f'{url}#prompt=marguerite', **kwargs)
    for view in VIEWS:
        page.click(f'#play-tab-{view}')
        if view=='next': page.click('#play-numbers summary')
        if view=='list': page.click('#play-example')
        if view=='train':
            page.click('#play-start')
            reached(page, 'steps > 2')
            page.click('#play-pause')
        for which in ('tree', 'state', 'look') if view=='inside' else (None,):
            if which: page.check(f'input[value={which}]')
            found = Axe().run(page, '#play').response['violations']
            assert not found, (view, which, [(v['id'], v['nodes'][0]) for v in found])
    page.close()


def test_tabs_by_keyboard(page):
    "Arrows, Home and End go from tab to tab; one Tab leads into the view"
    page.focus('#play-tab-next')
    for key,view in (('ArrowRight', 'draw'), ('End', 'list'), ('ArrowRight', 'next'),
                     ('ArrowLeft', 'list'), ('Home', 'next')):
        page.keyboard.press(key)
        assert page.evaluate('document.activeElement.id')==f'play-tab-{view}'
        open_ = [v for v in VIEWS if page.is_visible(f'#play-view-{v}')]
        assert open_==[view]
        selected = page.locator('#play-tabs [aria-selected=true]').all_inner_texts()
        assert len(selected)==1
        # what is typed plays no part where nothing reads it
        assert page.is_visible('#play-text')==(view not in ('train', 'list'))
    page.keyboard.press('Tab')
    assert page.evaluate('document.activeElement.id')=='play-view-next'


def test_motion(browser, url):
    "Fields grow by and by, unless the reader wants no motion"
    for motion,moves in (('reduce', False), ('no-preference', True)):
        page, _, _ = opened(browser, url, reduced_motion=motion)
        page.wait_for_function("document.querySelector('.play-strip').fields.length")
        first, last = page.evaluate("""async () => {
            const strip = document.querySelector('.play-strip'), text = 'play-text'
            const wide = () => strip.fields.find(({i}) => i===1)?.width ?? 0
            document.getElementById(text).value = 'guin'
            document.getElementById(text).dispatchEvent(new Event('input'))
            const first = wide()
            await new Promise(resolve => setTimeout(resolve, 1000))
            return [first, wide()] }""")
        assert (first != last)==moves and last > 0
        page.close()


@pytest.mark.parametrize('answer, said', [
    (dict(body=b'half'), 'not a whole'), (dict(status=404), 'the server answered 404')],
    ids=['half', 'missing'])
def test_model_that_fails_to_load(browser, url, answer, said):
    "The page says which model, and why, and shows no controls"
    page = browser.new_page()
    page.route('**/mlp.safetensors', lambda route: route.fulfill(**answer))
    page.goto(url)
    page.wait_for_function(f"""document.getElementById('play-status').textContent
        .includes(`can’t run here: mlp.safetensors: {said}`)""")
    assert page.locator('#play-all').is_hidden()
    page.close()


@pytest.mark.parametrize('scripts, from_disk', [(False, False), (True, True)],
                         ids=['no scripts', 'from the disk'])
def test_without_what_it_needs(browser, url, scripts, from_disk):
    "Without JavaScript, or from the disk, the page says what it needs"
    page = browser.new_page(java_script_enabled=scripts)
    page.goto((NBS/'playground.html').as_uri() if from_disk else url)
    if not scripts:  # and where the same is shown without
        assert 'JavaScript is switched off' in page.inner_text('#play')
        assert not page.is_visible('#play-status')
        chapter = page.locator('noscript a').get_attribute('href')
        assert (NBS/'01_counts.ipynb').exists() and chapter=='counts.html'
    said = ' '.join(page.inner_text('#play-status').split())
    needs = 'needs: JavaScript modules, and a page that comes from a web server'
    assert needs in said
    assert page.locator('#play-all').is_hidden()
    page.close()


# A vocabulary with a dot of its own, and with characters of two UTF-16 units

TOWNS = ['St. Louis', 'St. Paul', 'Ft. Worth', 'Mt. Vernon', 'Port St. Lucie', 'J. R.',
         "Coeur d'Alene", 'Winston-Salem', 'Washington D.C.', '😀 City']


def town_models():
    "A model of each class that the playground knows, on towns"
    vocab = Vocab(TOWNS)
    table = count_contexts(TOWNS, vocab, 4)
    yield Bigram(vocab, 1.).fit(table)
    yield NGram(vocab, 4).fit(table)
    for model in (MLP(vocab, n_hidden=20, g=seeded()),
                  WaveNet(vocab, 4, 6, 20, g=seeded())):
        fit(model, table, epochs=20, lr=.05)
        yield model
    gru = Recurrent(vocab, n_hidden=20, g=seeded())
    fit(gru, gru.table(TOWNS, vocab), epochs=20, lr=.05)
    yield gru
    places = max(map(len, TOWNS)) + 1
    transformer = Transformer(vocab, places, n_heads=2, n_embd=12, g=seeded())
    fit(transformer, transformer.table(TOWNS, vocab), epochs=20, lr=.02)
    yield transformer


@pytest.mark.parametrize('model', list(town_models()), ids=lambda m: type(m).__name__)
def test_towns(page, tmp_path, model):
    "The boundary is shown by another sign, and predictions and names are Python's"
    save(model, tmp_path/'towns.safetensors')
    page.route('**/towns.safetensors',
               lambda route: route.fulfill(path=tmp_path/'towns.safetensors'))
    itos, logits, names = page.evaluate("""async towns => {
        const [{load, contextOf, predictions}, {sampling}] = await Promise.all(
            [import('/assets/models.js'), import('/assets/sample.js')])
        const model = await load('towns')
        return [model.itos, towns.map(town => predictions(model, town)),
                [...sampling(model, 200, {seed: 3})].pop().words] }""", TOWNS)
    assert itos==model.vocab.itos and itos[0]=='·'
    for town,theirs in zip(TOWNS, logits):
        ours = model(contexts(model, [town[:t] for t in range(len(town) + 1)]))
        close(theirs, ours.detach().double().log_softmax(1), 1e-4)
    assert names==sample(model, 200, g=seeded(3)) and '' not in names
