"The playground in a real browser: its models and its sampler agree with Python, every control works, and no error is logged."
import http.server, importlib.util, random, shutil, statistics, threading
from pathlib import Path
import numpy as np
import torch
from bloom import HASHES, PATH, places
from safetensors.numpy import load_file
from makemore_lit.checkpoints import PRETRAINED, pretrained
from makemore_lit.counts import sample, surprise
from makemore_lit.data import load_corpus, seeded, split_words
from makemore_lit.mlp import GELU

NBS = Path(__file__).resolve().parent.parent/'nbs'
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Playground</title><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width, initial-scale=1"><style>main { max-width: 750px; margin: auto }
@media (prefers-color-scheme: dark) { body { background: #222; color: #fff } }</style></head><body><main>%s</main></body></html>"""
READY = "!document.getElementById('play-all').disabled"


class Handler(http.server.SimpleHTTPRequestHandler):
    "Serves nbs/, and at / the playground in a page"
    def __init__(self, *args): super().__init__(*args, directory=str(NBS))
    def log_message(self, *args): pass
    def do_GET(self):
        if self.path != '/': return super().do_GET()
        self.send_response(200)
        self.send_header('Content-Type', 'text/html')
        self.end_headers()
        self.wfile.write((PAGE%(NBS/'playground.html').read_text(encoding='utf-8')).encode())


def opened(browser, url, **kwargs):
    "A page with the playground ready, and lists of what it requested and of what it complained about"
    page, loaded, complaints = browser.new_page(**kwargs), [], []
    page.on('console', lambda m: complaints.append(m.text))
    page.on('pageerror', lambda e: complaints.append(str(e)))
    page.on('response', lambda r: loaded.append(r))
    page.goto(url)
    page.wait_for_function(READY)
    return page, loaded, complaints


def test_agreement(page):
    "Logits to 1e-4 on 200 contexts, and the same names from the same seed, for each model"
    words = random.Random(1).sample(split_words(load_corpus())[1], 200)
    starts = [w[:random.Random(w).randrange(len(w) + 1)] for w in words]
    logits = """async ([name, starts]) => { const {load, contextOf} = await import('/assets/models.js')
        const model = await load(name); return starts.map(s => model.logits(contextOf(model, s))) }"""
    names = """async ([name, n, options]) => { const [{load}, {sampling}] = await Promise.all([import('/assets/models.js'), import('/assets/sample.js')])
        return [...sampling(await load(name), n, options)].pop().words }"""
    furthest = 0.
    for name in PRETRAINED:
        model = pretrained(name)
        T = model.block_size
        ix = torch.tensor([([0]*T + model.vocab.encode(s))[-T:] for s in starts])
        ours, theirs = torch.tensor(page.evaluate(logits, [name, starts]), dtype=torch.float64), model(ix).detach().double()
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=0)
        furthest = max(furthest, (ours - theirs).abs().max().item())
        for n,temperature,top_k,seed in ((100, 1., None, 42), (100, .5, 5, 7), (1, 1.7, None, 2**32 - 1), (300, 1., 1, 0), (100, 2., None, 1163)):
            drawn = sample(model, n, temperature=temperature, top_k=top_k, g=seeded(seed))
            assert page.evaluate(names, [name, n, dict(temperature=temperature, topK=top_k or 0, seed=seed)])==drawn, (name, seed)
    print(f'{len(starts)} contexts, {len(PRETRAINED)} models: logits differ by {furthest:.1e} at most; all names of 20 draws are the same')


def saturated(model, ix):
    "How many units of each hidden layer have an input below -2.25"
    found, x = [], ix
    for layer in model.net.layers:
        if isinstance(layer, GELU): found.append((x < -2.25).sum().item())
        x = layer(x)
    return found


def test_typing(page):
    "What stands in the tables and pictures after some keys, and how long a key takes"
    page.focus('#play-text')
    page.keyboard.press('Control+A')
    for c in 'Jonathan': page.keyboard.press(c)
    assert page.input_value('#play-text')=='Jonathan'
    assert page.locator('#play-next tbody th').all_inner_texts()==list('.abcdefghijklmnopqrstuvwxyz')
    assert page.locator('#play-surprise thead th').all_inner_texts()==['model', 'mean', *'jonathan', 'end']
    for at,name in enumerate(PRETRAINED):
        model = pretrained(name)
        nats = surprise(model, 'jonathan')
        row = page.locator(f'#play-surprise tbody tr:nth-child({at + 1}) td')
        mean, *cells = row.all_inner_texts()
        torch.testing.assert_close(torch.tensor([float(x.split()[-1]) for x in (mean, *cells)]), torch.cat([nats.mean()[None], nats]).float(), atol=.0051, rtol=0)
        assert ''.join(c.split()[0] for c in cells)=='jonathan.'
        deep = [float(c.split(',')[3].strip(') ')) for c in row.evaluate_all('cells => cells.slice(1).map(c => getComputedStyle(c).backgroundColor)')]
        torch.testing.assert_close(torch.tensor(deep), (nats/6).clamp(max=1).float()*.75, atol=.01, rtol=0)
        p = model(torch.tensor([([0]*8 + model.vocab.encode('jonathan'))[-model.block_size:]])).detach().double().softmax(1)[0]
        column = page.locator(f'#play-next tbody td:nth-child({at + 2})')
        torch.testing.assert_close(torch.tensor([float(x) for x in column.all_inner_texts()]), 100*p.float(), atol=.051, rtol=0)
        bars = column.evaluate_all("cells => cells.map(c => c.querySelector('i').getBoundingClientRect().width/c.getBoundingClientRect().width)")
        torch.testing.assert_close(torch.tensor(bars), p.float(), atol=.01, rtol=0)
    wavenet = pretrained('wavenet')
    captions = page.locator('#play-inside figcaption').all_inner_texts()
    assert [int(c.split('; ')[1].split(' ')[0]) for c in captions[1:]]==saturated(wavenet, torch.tensor([wavenet.vocab.encode('jonathan')])), captions
    seen = page.locator('#play-inside .play-places').all_inner_texts()
    assert [s.split() for s in seen]==[list('jonathan'), ['jo', 'na', 'th', 'an'], ['jona', 'than'], ['jonathan']], seen
    assert page.locator('#play-inside canvas[role=img][aria-label]').count()==4
    blue = page.locator('#play-inside canvas').first.evaluate("""c => {
        const {data} = c.getContext('2d').getImageData(0, 1, c.width, 1), at = i => 4*(12*i + 1)
        return Array.from({length: 64}, (_, i) => data[at(i) + 3] > 8 ? Math.sign(data[at(i) + 2] - data[at(i)]) : 0) }""")
    numbers = wavenet.net.layers[0].C[wavenet.vocab.encode('jonathan')][:, :8].flatten().sign().tolist()
    assert sum(x==y for x,y in zip(blue, numbers)) >= 48 and not any(x==-y != 0 for x,y in zip(blue, numbers)), (blue, numbers)
    drawn = lambda: page.evaluate("[...document.querySelectorAll('#play-inside canvas')].map(c => c.toDataURL()).join()")
    before = drawn()
    page.keyboard.press('Backspace')
    assert drawn() != before and 'jonatha' in page.inner_text('#play-inside')
    for text,shown in (('jo9', '9'), ('j😀', '😀'), ('ze\u0301', 'é')):
        page.fill('#play-text', text)
        assert f'“{shown}” is not among' in page.inner_text('#play-note'), page.inner_text('#play-note')
    page.fill('#play-text', ' Jo ')
    assert page.inner_text('#play-note')=='' and page.locator('#play-surprise tbody tr:first-child td').count()==4
    page.evaluate("""() => { window.times = []; document.getElementById('play-text').addEventListener('input', e =>
        requestAnimationFrame(() => { const c = new MessageChannel(); c.port1.onmessage = () => times.push(performance.now() - e.timeStamp)
                                      c.port2.postMessage(0) })) }""")
    took = []
    for c in 'guinevere'*3:
        page.keyboard.press(c)
        if len(page.input_value('#play-text')) > 15: page.keyboard.press('Control+A')
        took.append(float(page.inner_text('#play-time').split()[-5]))
    page.wait_for_function('times.length > 20')
    key, picture = statistics.median(took), statistics.median(page.evaluate('times'))
    print(f'a key takes {key:.1f} ms for the four models and the layout, {picture:.1f} ms until the picture is there (medians)')
    assert key < 100  # a busy machine is slow; on a quiet one it is far below 20


def drawn_names(page, n, name='wavenet'):
    "The names in the list when all are drawn, and those that are marked"
    page.wait_for_function(f"document.getElementById('play-drawn').textContent.includes(' from the {name}; ')")
    names = page.locator('#play-names li').evaluate_all('items => items.map(li => li.firstChild.nodeValue ?? "")')
    marked = page.locator('#play-names li.play-known').evaluate_all('items => items.map(li => li.firstChild.nodeValue)')
    said, rate = page.inner_text('#play-drawn'), np.unpackbits(load_file(PATH)['bits']).mean()**HASHES
    assert len(names)==n and f'{len(marked)} of {n} stand' in said and f'about {100*rate:.1f} %' in said, said
    assert page.locator('#play-names li.play-known .play-hidden').all_text_contents()==[' (in the corpus)']*len(marked)
    return names, marked


def test_sampling(page):
    "Every control, by mouse and by keyboard, gives what Python gives; real names are marked"
    def wish(name, n, temperature, top_k, seed):
        return sample(pretrained(name), n, temperature=temperature, top_k=top_k, g=seeded(seed))
    for role,name,id in (('combobox', 'Model', 'model'), ('slider', 'Temperature', 'temperature'), ('spinbutton', 'top-k', 'topk'), ('spinbutton', 'Seed', 'seed')):
        assert page.get_by_role(role, name=name).get_attribute('id')==f'play-{id}', name
    page.click('#play-hundred')
    names, marked = drawn_names(page, 100)
    assert names==wish('wavenet', 100, 1., None, 42)
    corpus = load_corpus()
    if corpus.name=='names':
        assert {w for w in names if w in set(corpus)} <= set(marked) and len(marked) < 40, marked
        assert len(set(marked) - set(corpus)) <= 3, marked
    page.focus('#play-model')
    page.keyboard.press('ArrowUp')  # the mlp
    page.keyboard.press('Tab')
    for _ in range(5): page.keyboard.press('ArrowLeft')
    assert page.inner_text('#play-temperature-value')=='0.5'
    for text in ('5', '7'):
        page.keyboard.press('Tab')
        page.keyboard.press('Control+A')
        page.keyboard.type(text)
        assert page.evaluate('getComputedStyle(document.activeElement).outlineStyle')=='solid'  # the focus can be seen
    page.keyboard.press('Tab')
    assert page.evaluate("document.activeElement.id")=='play-one'
    page.keyboard.press('Enter')
    letters = "document.querySelector('#play-names li')?.firstChild.nodeValue?.length"
    page.wait_for_function(f'{letters}==1')  # it does grow by one character at a time
    page.wait_for_function(f'{letters}==2')
    assert drawn_names(page, 1, 'mlp')[0]==wish('mlp', 1, .5, 5, 7)
    page.keyboard.press('Enter')
    page.wait_for_function(f'{letters}==1')
    page.keyboard.press('Tab')
    page.keyboard.press('Space')  # a hundred, while the one is still being drawn
    assert drawn_names(page, 100, 'mlp')[0]==wish('mlp', 100, .5, 5, 7)
    page.wait_for_timeout(500)
    assert drawn_names(page, 100, 'mlp')[0]==wish('mlp', 100, .5, 5, 7)
    for name in ('bigram', '4-gram'):
        page.select_option('#play-model', name)
        page.click('#play-hundred')
        assert drawn_names(page, 100, name)[0]==wish(name, 100, .5, 5, 7)
    for box,bad,word in (('#play-topk', '0', 'Top-k'), ('#play-topk', '28', 'Top-k'), ('#play-seed', '', 'seed'), ('#play-seed', '1.5', 'seed'), ('#play-seed', '-1', 'seed')):
        before = page.input_value(box)
        page.fill(box, bad)
        page.click('#play-hundred')
        assert word in page.inner_text('#play-drawn') and 'has to be' in page.inner_text('#play-drawn') and page.locator('#play-names li').count()==0
        page.fill(box, before)
    page.select_option('#play-model', 'bigram')
    page.evaluate("() => { const t = document.getElementById('play-temperature'); t.value = 2; t.dispatchEvent(new Event('input')) }")
    page.fill('#play-topk', '')
    page.fill('#play-seed', '1163')  # one of the hundred is cut at a hundred characters
    page.click('#play-hundred')
    names, _ = drawn_names(page, 100, 'bigram')
    assert names==wish('bigram', 100, 2., None, 1163) and max(map(len, names))==100
    page.set_viewport_size(dict(width=360, height=740))
    assert page.evaluate('document.documentElement.scrollWidth <= innerWidth'), 'long names make the page wider than a phone'


def test_bloom(page):
    "The filter says of each word what tools/bloom.py says, knows the whole corpus, and is wrong about as few others as it states"
    corpus = load_corpus()
    others = [w for w in {''.join(random.Random(w).sample(w, len(w))) for w in corpus} if w not in set(corpus)]
    bits = load_file(PATH)['bits']
    ours = [all(bits[at >> 3] >> (at & 7) & 1 for at in places(w)) for w in (*corpus, *others)]
    theirs, stated = page.evaluate("""async words => {
        const [{Bloom}, {fetchTensors}] = await Promise.all([import('/assets/bloom.js'), import('/assets/safetensors.js')])
        const bloom = new Bloom(await fetchTensors('/assets/names.safetensors')); return [words.map(w => bloom.has(w)), bloom.errorRate] }""", [*corpus, *others])
    wrong = sum(theirs[len(corpus):])/len(others)
    print(f'the filter takes {wrong:.2%} of {len(others):,} words outside {corpus.name} for names; it states {stated:.2%}')
    assert theirs==ours and abs(stated - np.unpackbits(bits).mean()**HASHES) < 1e-9
    assert abs(wrong - stated) < (.002 if corpus.name=='names' else .01)  # some scrambled surnames are first names
    if corpus.name=='names': assert all(theirs[:len(corpus)])


def test_page(browser, url):
    "No request but to its own server, under 1 MB, no complaint; dark, narrow, and where something is missing"
    for kwargs in (dict(color_scheme='dark'), dict(viewport=dict(width=360, height=740)), dict(forced_colors='active')):
        page, loaded, complaints = opened(browser, url, **kwargs)
        assert page.evaluate('document.documentElement.scrollWidth <= innerWidth'), 'the page is wider than a phone'
        assert all(r.url.startswith((url, 'data:')) for r in loaded), [r.url for r in loaded]
        size = sum(len(r.body()) for r in loaded if r.url.startswith(url))
        assert size < 2**20 and not complaints, (size, complaints)
        bar = page.locator('#play-next i').first.evaluate('i => getComputedStyle(i).backgroundColor')
        assert bar.startswith('rgba(15, 134, 201'), bar
        colours = page.evaluate("['input', 'button', 'td', 'figcaption'].map(t => getComputedStyle(document.querySelector('#play ' + t)).color)")
        if 'color_scheme' in kwargs: assert set(colours)=={'rgb(255, 255, 255)'}, colours  # that of the page
        page.close()
    print(f'the playground loads {size:,} bytes')
    for answer,said in ((dict(body=b'half'), 'not a whole'), (dict(status=404), 'the server answered 404')):
        page = browser.new_page()
        page.route('**/mlp.safetensors', lambda route: route.fulfill(**answer))
        page.goto(url)
        page.wait_for_function(f"document.getElementById('play-status').textContent.includes(`can't run here: mlp.safetensors: {said}`)")
        assert page.locator('#play-all').is_hidden()
        page.close()
    for address,kwargs in ((url, dict(java_script_enabled=False)), ((NBS/'playground.html').as_uri(), {})):
        page = browser.new_page(**kwargs)
        page.goto(address)
        assert 'needs: JavaScript modules, and a page that comes from a web server' in ' '.join(page.inner_text('#play-status').split())
        assert page.locator('#play-all').is_hidden()
        page.close()


def browser_path():
    "Where Chromium is; None if there is none"
    return next(filter(None, map(shutil.which, ('chromium', 'chromium-browser', 'google-chrome'))), None)


def main():
    "All of it, in one browser; with the argument `--require`, a missing browser is a failure"
    if not importlib.util.find_spec('playwright') or not (path := browser_path()):
        print('the playground was not tested: that needs playwright for Python and Chromium (Debian: apt-get install chromium)')
        sys.exit('--require' in sys.argv)
    from playwright.sync_api import sync_playwright
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f'http://127.0.0.1:{server.server_port}/'
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=path, args=['--no-sandbox'])
        page, _, complaints = opened(browser, url)
        for test in (test_agreement, test_typing, test_sampling, test_bloom): test(page)
        assert not complaints, complaints
        test_page(browser, url)
        browser.close()
    server.shutdown()
    print('the playground passed')


if __name__ == '__main__': main()
