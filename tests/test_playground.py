"The playground in Chromium: it agrees with Python, every control works, no complaint."
import http.server, random, statistics, threading
import numpy as np
import pytest
import torch
from bloom import HASHES, PATH, places
from safetensors.numpy import load_file
from workcopy import ROOT
from makemore_lit.attention import Transformer
from makemore_lit.checkpoints import PRETRAINED, pretrained, save
from makemore_lit.contexts import NGram
from makemore_lit.corpora import load_corpus
from makemore_lit.counts import Bigram, count_contexts, sample, surprise
from makemore_lit.data import Vocab, seeded, split_words
from makemore_lit.descent import fit
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
    complained about"""
    page, loaded, complaints = browser.new_page(**kwargs), [], []
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
    return sample(pretrained(name), n, temperature=temperature, top_k=top_k,
                  g=seeded(seed))


# The models and the sampler

@pytest.mark.parametrize('name', PRETRAINED)
def test_logits(page, report, name):
    "Logits to 1e-4 on 200 contexts"
    words = random.Random(1).sample(split_words(load_corpus())[1], 200)
    starts = [w[:random.Random(w).randrange(len(w) + 1)] for w in words]
    model = pretrained(name)
    theirs = page.evaluate("""async ([name, starts]) => {
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
def test_names(page, name, n, temperature, top_k, seed):
    "The same names from the same seed"
    options = dict(temperature=temperature, topK=top_k or 0, seed=seed)
    theirs = page.evaluate("""async ([name, n, options]) => {
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


def test_headings_of_tables(page):
    "What was typed stays as it is; the tables name every character"
    type_jonathan(page)
    assert page.input_value('#play-text')=='Jonathan'
    rows = page.locator('#play-next tbody th').all_inner_texts()
    assert rows==list('.abcdefghijklmnopqrstuvwxyz')
    columns = page.locator('#play-surprise thead th').all_inner_texts()
    assert columns==['model', 'mean', *'jonathan', 'end']


@pytest.mark.parametrize('at, name', list(enumerate(PRETRAINED)))
def test_surprise(page, at, name):
    "The row of a model: its surprise at each character, in numbers and colours"
    type_jonathan(page)
    nats = surprise(pretrained(name), 'jonathan')
    row = page.locator(f'#play-surprise tbody tr:nth-child({at + 1}) td')
    texts = row.all_inner_texts()
    close(numbers(texts), [nats.mean().item(), *nats.tolist()], .0051)
    assert ''.join(text.split()[0] for text in texts[1:])=='jonathan.'
    colours = row.evaluate_all("""cells =>
        cells.slice(1).map(c => getComputedStyle(c).backgroundColor)""")
    deep = [float(c.split(',')[3].strip(') ')) for c in colours]
    close(deep, (nats/6).clamp(max=1)*.75, .01)


@pytest.mark.parametrize('at, name', list(enumerate(PRETRAINED)))
def test_next_character(page, at, name):
    "The column of a model: its probabilities, in numbers and bars"
    type_jonathan(page)
    model = pretrained(name)
    p = model(contexts(model, ['jonathan'])).detach().double().softmax(1)[0]
    column = page.locator(f'#play-next tbody td:nth-child({at + 2})')
    close([float(x) for x in column.all_inner_texts()], 100*p, .051)
    bars = column.evaluate_all("""cells => cells.map(c =>
        c.querySelector('i').getBoundingClientRect().width
        / c.getBoundingClientRect().width)""")
    close(bars, p, .01)


def saturated(model, ix):
    "How many units of each hidden layer have an input below -2.25"
    found, x = [], ix
    for layer in model.net.layers:
        if isinstance(layer, GELU): found.append((x < -2.25).sum().item())
        x = layer(x)
    return found


def test_inside_the_wavenet(page):
    "The pictures of its layers: their captions, places and colours"
    type_jonathan(page)
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
    type_jonathan(page)
    pictures = """[...document.querySelectorAll('#play-inside canvas')]
        .map(c => c.toDataURL()).join()"""
    before = page.evaluate(pictures)
    page.keyboard.press('Backspace')
    assert page.evaluate(pictures) != before
    assert 'jonatha' in page.inner_text('#play-inside')


@pytest.mark.parametrize('text, shown', [('jo9', '9'), ('j😀', '😀'), ('ze\u0301', 'é')])
def test_unknown_character(page, text, shown):
    "It is named; a text without one takes the note away"
    page.fill('#play-text', text)
    assert f'“{shown}” is not among' in page.inner_text('#play-note')
    page.fill('#play-text', ' Jo ')
    assert page.inner_text('#play-note')==''
    assert page.locator('#play-surprise tbody tr:first-child td').count()==4


@pytest.mark.parametrize('letters', [16, 17, 30])
def test_no_place_any_more(page, letters):
    "A model without a place for a text says so, and the others answer as ever"
    model, text = pretrained('transformer'), ('guinevere'*4)[:letters]
    page.fill('#play-text', text)
    assert f'has places for {model.longest} characters' in page.inner_text('#play-note')
    at = PRETRAINED.index('transformer')
    cells = page.locator('#play-next tbody tr:first-child td').all_inner_texts()
    assert cells.pop(at)=='–' and all(float(c) >= 0 for c in cells)
    for i,name in enumerate(PRETRAINED):
        row = page.locator(f'#play-surprise tbody tr:nth-child({i + 1}) td')
        mean, *nats = [c.split()[-1] for c in row.all_inner_texts()]
        shared = surprise(pretrained(name), text[:model.longest])[:-1]
        close(numbers(nats[:model.longest]), shared, .0051)
        known = model.longest + 1 if i==at else letters + 1
        assert nats[known:]==['–']*(letters + 1 - known)
        assert '–' not in nats[:known] and (mean=='–')==(i==at)
    page.fill('#play-text', text[:model.longest])
    assert page.inner_text('#play-note')==''
    assert '–' not in page.inner_text('#play-next') + page.inner_text('#play-surprise')


@pytest.mark.parametrize('letters', [16, 30])
def test_time_of_a_key(page, report, letters):
    "Every key of many is answered; how long that takes is reported"
    page.focus('#play-text')
    page.evaluate("""() => {
        window.times = []
        document.getElementById('play-text').addEventListener('input', e =>
            requestAnimationFrame(() => {
                const c = new MessageChannel()
                c.port1.onmessage = () => times.push(performance.now() - e.timeStamp)
                c.port2.postMessage(0) })) }""")
    took = []
    for c in 'guinevere'*4:
        page.keyboard.press(c)
        full = len(page.input_value('#play-text'))==letters
        if full: page.keyboard.press('Control+A')
        took.append(float(page.inner_text('#play-time').split()[-5]))
    page.wait_for_function('times.length > 20')
    key, picture = map(statistics.median, (took, page.evaluate('times')))
    report(f'a key takes {key:.1f} ms for all models and the layout, {picture:.1f} ms '
           f'until the picture is there (medians, up to {letters} characters)')


# Drawing names

def drawn_names(page, n, name='wavenet'):
    "The names in the list when all are drawn, and those that are marked"
    page.wait_for_function(f"""document.getElementById('play-drawn').textContent
        .includes(' from the {name}; ')""")
    found = page.locator('#play-names li').evaluate_all("""items =>
        items.map(li => li.firstChild.nodeValue ?? "")""")
    marked = page.locator('#play-names li.play-known').evaluate_all("""items =>
        items.map(li => li.firstChild.nodeValue)""")
    said = page.inner_text('#play-drawn')
    rate = np.unpackbits(load_file(PATH)['bits']).mean()**HASHES
    assert len(found)==n
    assert f'{len(marked)} of {n} stand' in said and f'about {100*rate:.1f} %' in said
    hidden = page.locator('#play-names li.play-known .play-hidden').all_text_contents()
    assert hidden==[' (in the corpus)']*len(marked)
    return found, marked


def by_keyboard(page):
    "Choose the MLP, a temperature of 0.5, top-k 5 and seed 7, and go to the button"
    page.focus('#play-model')
    for _ in range(PRETRAINED.index('wavenet') - PRETRAINED.index('mlp')):
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
def test_controls_have_names(page, role, name, place):
    "A screen reader finds each control by its role and name"
    found = page.get_by_role(role, name=name).get_attribute('id')
    assert found==f'play-{place}'


def test_a_hundred(page):
    "The first hundred, by mouse; the real names among them are marked"
    page.click('#play-hundred')
    found, marked = drawn_names(page, 100)
    assert found==drawn_by('wavenet', 100)
    corpus = load_corpus()
    if corpus.name=='names':
        known = set(corpus)
        assert {w for w in found if w in known} <= set(marked) and len(marked) < 40
        assert len(set(marked) - known) <= 3


def test_keyboard(page):
    "Every control by keyboard; one name grows by a character at a time"
    by_keyboard(page)
    page.keyboard.press('Enter')
    page.wait_for_function(f'{LETTERS}==1')
    page.wait_for_function(f'{LETTERS}==2')
    assert drawn_names(page, 1, 'mlp')[0]==drawn_by('mlp', 1, .5, 5, 7)


def test_a_hundred_while_one_is_drawn(page):
    "The last wish counts, and stays"
    by_keyboard(page)
    page.keyboard.press('Enter')
    page.wait_for_function(f'{LETTERS}==1')
    page.keyboard.press('Tab')
    page.keyboard.press('Space')
    expected = drawn_by('mlp', 100, .5, 5, 7)
    assert drawn_names(page, 100, 'mlp')[0]==expected
    page.wait_for_timeout(500)
    assert drawn_names(page, 100, 'mlp')[0]==expected


@pytest.mark.parametrize('name', PRETRAINED)
def test_each_model(page, name):
    "The chosen model draws"
    by_keyboard(page)
    page.select_option('#play-model', name)
    page.click('#play-hundred')
    assert drawn_names(page, 100, name)[0]==drawn_by(name, 100, .5, 5, 7)


@pytest.mark.parametrize('box, bad, word', [
    ('topk', '0', 'Top-k'), ('topk', '28', 'Top-k'), ('seed', '', 'seed'),
    ('seed', '1.5', 'seed'), ('seed', '-1', 'seed')])
def test_impossible_wish(page, box, bad, word):
    "It is refused in words, and no name is drawn"
    page.click('#play-hundred')
    drawn_names(page, 100)
    page.fill(f'#play-{box}', bad)
    page.click('#play-hundred')
    said = page.inner_text('#play-drawn')
    assert word in said and 'has to be' in said
    assert page.locator('#play-names li').count()==0


def test_long_names(page):
    "A name is cut at a hundred characters, and makes the page no wider than a phone"
    page.select_option('#play-model', 'bigram')
    page.evaluate("""() => {
        const t = document.getElementById('play-temperature')
        t.value = 2
        t.dispatchEvent(new Event('input')) }""")
    page.fill('#play-topk', '')
    page.fill('#play-seed', '231')  # one of the hundred is cut
    page.click('#play-hundred')
    found, _ = drawn_names(page, 100, 'bigram')
    assert found==drawn_by('bigram', 100, 2., None, 231)
    assert max(map(len, found))==100
    page.set_viewport_size(PHONE)
    assert page.evaluate(FITS)


def test_bloom(page, report):
    """The filter says of each word what tools/bloom.py says, knows the whole corpus,
    and is wrong about as few others as it states"""
    corpus = load_corpus()
    known = set(corpus)
    scrambled = {''.join(random.Random(w).sample(w, len(w))) for w in corpus}
    others = [w for w in scrambled if w not in known]
    bits = load_file(PATH)['bits']
    ours = [all(bits[at >> 3] >> (at & 7) & 1 for at in places(w))
            for w in (*corpus, *others)]
    theirs, stated = page.evaluate("""async words => {
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


# The page

@pytest.mark.parametrize('kwargs', [
    dict(color_scheme='dark'), dict(viewport=PHONE), dict(forced_colors='active')],
    ids=['dark', 'narrow', 'forced colours'])
def test_page(browser, url, report, kwargs):
    "No request except to its own server, under 1.6 MB, no complaint; dark, narrow"
    page, loaded, complaints = opened(browser, url, **kwargs)
    assert page.evaluate(FITS), 'the page is wider than a phone'
    others = [r.url for r in loaded if not r.url.startswith((url, 'data:'))]
    assert others==[]
    size = sum(len(r.body()) for r in loaded if r.url.startswith(url))
    report(f'the playground loads {size:,} bytes')
    assert size < 1_600_000
    bar = page.locator('#play-next i').first.evaluate("""i =>
        getComputedStyle(i).backgroundColor""")
    assert bar.startswith('rgba(15, 134, 201')
    if 'color_scheme' in kwargs:  # the colours are the page's
        colours = page.evaluate("""['input', 'button', 'td', 'figcaption'].map(t =>
            getComputedStyle(document.querySelector('#play ' + t)).color)""")
        assert set(colours)=={'rgb(255, 255, 255)'}
    page.close()
    assert not complaints


@pytest.mark.parametrize('answer, said', [
    (dict(body=b'half'), 'not a whole'), (dict(status=404), 'the server answered 404')],
    ids=['half', 'missing'])
def test_model_that_fails_to_load(browser, url, answer, said):
    "The page says which model, and why, and shows no controls"
    page = browser.new_page()
    page.route('**/mlp.safetensors', lambda route: route.fulfill(**answer))
    page.goto(url)
    page.wait_for_function(f"""document.getElementById('play-status').textContent
        .includes(`can't run here: mlp.safetensors: {said}`)""")
    assert page.locator('#play-all').is_hidden()
    page.close()


@pytest.mark.parametrize('scripts, from_disk', [(False, False), (True, True)],
                         ids=['no scripts', 'from the disk'])
def test_without_what_it_needs(browser, url, scripts, from_disk):
    "Without JavaScript, or from the disk, the page says what it needs"
    page = browser.new_page(java_script_enabled=scripts)
    page.goto((NBS/'playground.html').as_uri() if from_disk else url)
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


@pytest.mark.parametrize('model', town_models(), ids=lambda m: type(m).__name__)
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
