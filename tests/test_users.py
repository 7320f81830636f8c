"""What users of the modules type first: it works, or is refused in a sentence that helps.
And what is promised of types and devices."""
import math, re, subprocess, sys, threading
import numpy as np
import pytest
import torch
from torch import nn
from makemore_lit.backprop import backward, recomputed
from makemore_lit.checkpoints import load, PRETRAINED, pretrained, register, save
from makemore_lit.contexts import bootstrap, KneserNey, Mixture, NGram
from makemore_lit.corpora import load_corpus
from makemore_lit.counts import Bigram, BigramNet, ContextCounts, count_contexts
from makemore_lit.counts import LanguageModel, nll
from makemore_lit.counts import sample
from makemore_lit.counts import surprises, unended, Wrapped
from makemore_lit.data import progress, seeded, split_words, Vocab, windows
from makemore_lit.descent import AdamW, fit
from makemore_lit.mlp import Dropout, Embedding, Flatten, Layer, Linear, MLP, Sequential
from makemore_lit.mlp import sgd
from makemore_lit.recurrent import NameTable, Recurrent
from makemore_lit.results import new_names
from makemore_lit.attention import Block, Transformer
from makemore_lit.wavenet import WaveNet

WORDS = load_corpus()[:400]
VOCAB = Vocab(WORDS)
TRAIN, DEV, _ = split_words(WORDS)
TYPES = torch.float64, torch.float32, torch.bfloat16, torch.float16
DEVICES = [d for d,there in (('cuda', torch.cuda.is_available()),
                             ('mps', torch.backends.mps.is_available())) if there]


TABLE = count_contexts(TRAIN, VOCAB, 4)
# A small network of each kind, and a small model of each kind that counts
NETWORKS = {
    'net': lambda: BigramNet(VOCAB, seeded()),
    'mlp': lambda: MLP(VOCAB, n_hidden=20, batchnorm=True, dropout=.1, g=seeded()),
    'wavenet': lambda: WaveNet(VOCAB, 4, 6, 16, dropout=.1, g=seeded()),
    'gru': lambda: Recurrent(VOCAB, n_embd=6, n_hidden=12, dropout=.1, g=seeded()),
    'transformer': lambda: Transformer(VOCAB, n_embd=8, n_heads=2, n_layers=1, g=seeded())}
COUNTED = {
    'bigram': lambda: Bigram(VOCAB, 1.).fit(TABLE),
    'n-gram': lambda: NGram(VOCAB, 3).fit(TABLE),
    'kneser-ney': lambda: KneserNey(VOCAB, 3).fit(TABLE),
    'mixture': lambda: Mixture([NGram(VOCAB, 3).fit(TABLE), NETWORKS['net']()], [.5, .5])}
ALL = NETWORKS | COUNTED


@pytest.fixture
def model(request):
    "A new model of the kind that is named"
    return ALL[request.param]()


def named(models): return pytest.mark.parametrize('model', list(models), indirect=True)


def learns(model, **kw):
    "The losses of a short training"
    return fit(model, model.table(TRAIN, VOCAB), epochs=4, batch_size=64, lr=.01,
               g=seeded(), **kw)['loss']


@named(ALL)
def test_types_scored(model, tmp_path):
    "Every model scores, draws, is saved and loaded in each type; about the same numbers"
    expected = nll(model, DEV)
    for kind in TYPES:
        model.to(kind)
        found = nll(model, DEV)
        assert found==pytest.approx(expected, rel=.02 if kind.itemsize==2 else 1e-4)
        assert len(sample(model, 5, g=seeded()))==5
        save(model, tmp_path/'m')
        back = load(tmp_path/'m')
        assert nll(back, DEV)==found and sample(back, 5, g=seeded())==sample(
            model, 5, g=seeded())
    for kind in (torch.int64, torch.complex64, torch.bool):
        with pytest.raises(ValueError, match='float32'): model.to(kind)


@pytest.mark.parametrize('kind', TYPES[:3], ids=str)
@named(NETWORKS)
def test_types_trained(model, kind):
    "All but float16 are trained in, and learn"
    losses = learns(model.to(kind))
    assert all(map(math.isfinite, losses)) and losses[-1] < losses[0]
    assert {t.dtype for t in model.state().values()}=={kind}


@named(NETWORKS)
def test_float16(model):
    with pytest.raises(ValueError, match='float32'): learns(model.to(torch.float16))


@pytest.mark.skipif(not DEVICES, reason='there is no graphics card')
@pytest.mark.parametrize('device', DEVICES)
@named(NETWORKS)
def test_devices(model, device, tmp_path):
    "A graphics card trains, scores, draws and saves; the losses are the CPU's, nearly"
    expected = nll(model, DEV)
    assert nll(model.to(device), DEV)==pytest.approx(expected, rel=1e-4)
    losses = learns(model)
    assert losses[-1] < losses[0] and model.device.type==device
    assert len(sample(model, 5, g=seeded()))==5
    save(model, tmp_path/'m')
    assert nll(load(tmp_path/'m'), DEV)==pytest.approx(nll(model, DEV), rel=1e-4)


def test_no_device():
    "A device that isn't there is an error at once, and the model stays where it was"
    for model in (make() for make in ALL.values()):
        if torch.cuda.is_available(): continue
        with pytest.raises((AssertionError, RuntimeError)): model.to('cuda')
        assert model.device.type=='cpu' and math.isfinite(nll(model, DEV))


class Scale(Layer):
    "A layer with a parameter, and without a word on its state"
    def __init__(self, n): self.s = torch.ones(n, requires_grad=True)
    def __call__(self, x): return x*self.s
    def parameters(self): return [self.s]


class Scaled(MLP):
    "A network with a layer of the user's"
    def __init__(self, vocab, block_size=3, g=None):
        super().__init__(vocab, block_size, n_embd=4, n_hidden=8, g=g)
        self._config = dict(block_size=block_size)
        self.net = Sequential(*self.net.layers[:2], Scale(12), *self.net.layers[2:])


def test_own_layer(tmp_path):
    "What a layer learns isn't lost: on saving, resuming, moving"
    from makemore_lit.checkpoints import MODELS
    states, model = [], Scaled(VOCAB, g=seeded())
    losses = learns(model, after_step=lambda run: states.append(run.state()))
    scale = model.net[2].s.detach().clone()
    assert (scale != 1).all()
    resumed = Scaled(VOCAB, g=seeded())
    assert learns(resumed, resume=states[len(states)//2])==losses
    assert torch.equal(resumed.net[2].s, scale)
    with pytest.raises(ValueError, match=re.escape('register(Scaled)')): save(model, 'm')
    register(Scaled)
    try:
        save(model, tmp_path/'m')
        assert torch.equal(load(tmp_path/'m').net[2].s, scale)
    finally: del MODELS['Scaled']
    assert model.to(torch.float64).net[2].s.dtype==torch.float64


def test_lost_parameters():
    "A parameter that a state doesn't hold is an error before any training"
    class Forgets(MLP):
        def state(self): return {k:t for k,t in super().state().items() if k[0] != '0'}
    with pytest.raises(ValueError, match='state'): learns(Forgets(VOCAB, n_hidden=8))


def test_module():
    "An nn.Module trains by `sgd` (its parameters are a generator) and by `fit`"
    net = nn.Sequential(nn.Embedding(len(VOCAB), 6), nn.Flatten(), nn.Linear(18, len(VOCAB)))
    X, Y = windows(TRAIN, VOCAB, 3)
    before = net[2].weight.detach().clone()
    losses = sgd(net, X, Y, [.5]*100, g=seeded())
    assert not torch.equal(net[2].weight, before) and losses[-20:].mean() < losses[:20].mean()
    model = Wrapped(net, VOCAB, 3)
    fit(model, model.table(TRAIN, VOCAB), epochs=2, lr=.01)
    assert len(sample(model, 3, g=seeded()))==3
    counts3 = count_contexts(DEV, VOCAB, 3)
    for f in (nll, sample):
        with pytest.raises((ValueError, TypeError), match='Wrapped'):
            f(*(net, counts3) if f is nll else (net,))


def test_as_in_torch():
    "Names that PyTorch's modules have: they work, or say what does it here"
    model = MLP(VOCAB, g=seeded())
    assert model.eval() is model and not model.training
    assert list(model.state_dict())==list(model.state())
    assert isinstance(model.net[0], Embedding) and isinstance(model.net[-1], Linear)
    for name in ('cpu', 'cuda', 'zero_grad', 'forward', 'load_state_dict', 'modules'):
        with pytest.raises(AttributeError, match='use '): getattr(model, name)
    table = model.table(TRAIN, VOCAB)
    assert nll(model, TRAIN)==nll(model, table)
    x, n = table[0]
    assert (x.shape, n.shape)==((3,), (len(VOCAB),))
    assert sum(1 for _ in table)==len(table)
    batch = next(iter(torch.utils.data.DataLoader(table, batch_size=7)))
    assert [t.shape for t in batch]==[(7, 3), (7, len(VOCAB))]
    with pytest.raises(ValueError, match='table'): fit(model, (x, n), epochs=1, lr=.1)
    with pytest.raises(ValueError, match='seed=42'): sample(model, 3, g=42)
    assert sample(model, 3, seed=42)==sample(model, 3, g=seeded(42))
    assert len({VOCAB, Vocab(WORDS)})==1
    with pytest.raises(ValueError, match='give a list'):
        count_contexts((w for w in TRAIN), VOCAB, 3)


def test_strings():
    "A string isn't a list of one-letter names"
    model = Bigram(VOCAB, 1.)
    for wrong in (lambda: split_words('emma'*9),
                  lambda: count_contexts('emma', VOCAB, 1), lambda: windows('emma', VOCAB, 1),
                  lambda: nll(model, 'emma')):
        with pytest.raises(ValueError): wrong()


def test_reprs():
    "No repr is an address, and none prints a whole corpus"
    layers = [Linear(2, 3), Flatten(), Sequential(Linear(2, 3), Flatten()), Scale(2)]
    others = [VOCAB, load_corpus(), count_contexts(TRAIN, VOCAB, 2),
              Recurrent(VOCAB).table(TRAIN, VOCAB), Recurrent(VOCAB).table(TRAIN, VOCAB)[:3][0],
              Wrapped(nn.Linear(2, 2), VOCAB, 1)]
    seen = []
    fit(MLP(VOCAB), count_contexts(DEV, VOCAB, 3), epochs=1, lr=.1, after_step=seen.append)
    for thing in (*layers, *others, *(make() for make in ALL.values()), *seen):
        assert ' at 0x' not in repr(thing) and len(repr(thing)) < 400, repr(thing)


def test_progress(monkeypatch):
    "A bar in a terminal and in Jupyter, none elsewhere"
    monkeypatch.delenv('TQDM_DISABLE', raising=False)
    monkeypatch.delitem(sys.modules, 'ipykernel', raising=False)
    assert progress([1], 'x').disable
    monkeypatch.setitem(sys.modules, 'ipykernel', sys)
    assert not progress([1], 'x').disable
    monkeypatch.setenv('TQDM_DISABLE', '1')
    assert progress([1], 'x').disable


def test_package():
    "Modules are there without an import of their own; a wrong name says which there are"
    code = """
import makemore_lit
assert makemore_lit.data.Vocab(['ava']) and 'mlp' in makemore_lit.__all__
from makemore_lit import *
assert counts.Bigram and 'cli' in dir()
try: makemore_lit.datta
except AttributeError as e: assert 'data' in str(e)
"""
    p = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert (p.returncode, p.stderr)==(0, '')


@pytest.mark.parametrize('name', PRETRAINED)
def test_pretrained(name):
    "The shipped models in each type"
    model = pretrained(name)
    expected = nll(model, ['emma', 'olivia'])
    for kind in TYPES:
        assert nll(pretrained(name).to(kind), ['emma', 'olivia'])==pytest.approx(
            expected, rel=.02 if kind.itemsize==2 else 1e-4)


def test_arguments_that_cannot_be():
    "Each is refused by name, where it comes in"
    words = ['emma', 'ava', 'mia']
    vocab = Vocab(words)
    names, bigram = NameTable(words, vocab), Bigram(vocab, 1.)
    one = torch.ones(3)
    for f,what in ((lambda: sample(bigram, exclude='emma'), 'exclude'),
                   (lambda: sample(bigram, 2.5), 'whole number'),
                   (lambda: sample(bigram, temperature=math.inf), 'finite'),
                   (lambda: unended(bigram, words, temperature=0.), 'temperature'),
                   (lambda: surprises(torch.nn.Identity(), words), 'no language model'),
                   (lambda: bootstrap(one, one, level=2.), 'level'),
                   (lambda: bootstrap(one, one, n=0), 'n is 0'),
                   (lambda: bootstrap(one, one[1:]), '2 lengths'),
                   (lambda: sample(bigram, math.inf), 'whole number'),
                   (lambda: new_names(nn.Identity(), words), 'no language model'),
                   (lambda: Mixture([nn.Identity(), bigram]), 'no language model'),
                   (lambda: save(nn.Identity(), 'm'), "can't be saved"),
                   (lambda: save(bigram, 'm', facts=[{1: 2}]), 'text'),
                   (lambda: register(int), 'no language model')):
        with pytest.raises(ValueError, match=what): f()
    for f in (lambda: load(5), lambda: load_corpus(5), lambda: sample(bigram, seed=2.5)):
        with pytest.raises(TypeError): f()
    assert len(surprises(bigram, np.array(words))[0])==sum(map(len, words)) + len(words)
    # Logits of another shape are an error wherever they come in
    for wrong in (lambda ix: torch.zeros(len(ix), 3), lambda ix: torch.zeros(1, len(vocab)),
                  lambda ix: torch.zeros(len(vocab))):
        model = Wrapped(wrong, vocab, 2)
        for f in (lambda: sample(model), lambda: nll(model, words),
                  lambda: surprises(model, words), lambda: new_names(model, words)):
            with pytest.raises(ValueError, match='the model gave logits'): f()
    for model in (bigram, BigramNet(vocab), NGram(vocab, 2), KneserNey(vocab, 2),
                  Mixture([bigram, NGram(vocab, 2)])):
        for table,what in ((words, 'no table of counts'), (names, 'sees contexts')):
            with pytest.raises(ValueError, match=what): model.fit(table)
        if model is bigram:
            with pytest.raises(ValueError, match='sees contexts'): nll(model, names)
    assert sample(bigram, 2, seed=torch.tensor(3))==sample(bigram, 2, seed=3)
    assert [len(t) for t in surprises(bigram, [])]==[0, 0]


def test_mixture_with_a_model_of_whole_words():
    "Its own table has whole words; its loss is the mean of its surprises"
    mix = Mixture([NETWORKS['gru'](), COUNTED['n-gram']()], [.5, .5])
    s, _ = surprises(mix, DEV)
    assert nll(mix, DEV)==pytest.approx(s.mean().item(), abs=1e-6)
    mix.fit(mix.table(DEV, VOCAB), steps=3)
    assert nll(mix, DEV) <= s.mean() + 1e-6


def test_fit_with_nothing_to_go_on_with():
    "A state without tensors is refused"
    with pytest.raises(ValueError, match='resume'):
        fit(NETWORKS['mlp'](), TABLE, epochs=1, lr=.01, g=seeded(), resume={})
    with pytest.raises(ValueError, match='no language model'): nll(nn.Linear(2, 2), WORDS)


class Fives(LanguageModel):
    "Names of any letters that end after five; it has to see where they began"
    endless = True
    def __init__(self, vocab): super().__init__(vocab, 2)
    def __call__(self, ix):
        text = (ix > 0).long().sum(1)  # how many letters were read
        logits = torch.zeros(len(ix), len(self.vocab))
        logits[:, 0] = torch.where(text==5, 1e4, -1e4)
        return logits


def test_draws_of_what_reads_whole_words():
    "A model without steps sees a word from its beginning, in a mixture too"
    assert {len(w) for w in sample(Fives(VOCAB), 20, seed=1)}=={5}
    gru = pretrained('gru')
    both = Mixture([gru, Bigram(gru.vocab)], [1, 0])
    for prompt in ('', 'alexa', 'christop'):
        drawn = [sample(m, 20, seed=1, prompt=prompt) for m in (gru, both)]
        assert drawn[0]==drawn[1]


def test_shapes_in_training():
    "Logits, contexts and characters that don't fit each other end it at once"
    table = count_contexts(TRAIN, VOCAB, 1)
    for net in (nn.Embedding(len(VOCAB), len(VOCAB)),
                nn.Sequential(nn.Embedding(len(VOCAB), 1), nn.Flatten())):
        model = Wrapped(net, VOCAB, 1)
        with pytest.raises(ValueError, match='logits'): fit(model, table, epochs=2, lr=.1)
    X, Y = windows(TRAIN, VOCAB, 3)
    for wrong in (Y[:20], torch.cat([Y, Y]), torch.zeros(len(X), len(VOCAB))):
        with pytest.raises(ValueError, match='X'): sgd(MLP(VOCAB), X, wrong, [.1])
    mixture = Mixture([NETWORKS['gru'](), COUNTED['n-gram']()])
    for f in (nll, Mixture.fit):
        with pytest.raises(ValueError, match='own `table`'): f(mixture, NameTable(DEV, VOCAB))
    with pytest.raises(ValueError, match='own `table`'):
        backward(NETWORKS['gru'](), *count_contexts(DEV, VOCAB, 20)[:9])


def test_frozen():
    "A parameter that needs no gradient stays as it is"
    X, Y = windows(TRAIN, VOCAB, 3)
    model = MLP(VOCAB, g=seeded())
    model.net[0].C.requires_grad_(False)
    before = [p.detach().clone() for p in model.parameters()]
    sgd(model, X, Y, [.1, .1], g=seeded())
    optimizer = AdamW(model.parameters(), lr=.1)
    optimizer.step()
    assert [torch.equal(a, b) for a,b in zip(before, model.parameters())]==[True, *[False]*4]


def test_threads():
    "A pass that one thread repeats is no business of another's"
    layer, seen = Dropout(.5, seeded()).train(), []
    def other(): seen.append((Layer.now.again, layer(torch.ones(50))))
    first = layer(torch.ones(50))
    class Within(Layer):
        "Starts a thread while it is repeated"
        def __call__(self, x):
            thread = threading.Thread(target=other)
            thread.start()
            thread.join()
            return x
    recomputed(Within(), first)
    again, second = seen[0]
    assert not again and not torch.equal(first, second)


@pytest.mark.parametrize('cell', ['rnn', 'gru'])
def test_to_the_last_bit(cell, tmp_path):
    "A recurrent network that went on, or was loaded, is the same in all bits"
    def run(resume=None):
        states, g = {}, seeded(1)
        model = Recurrent(VOCAB, n_embd=6, n_hidden=12, cell=cell, g=g)
        fit(model, model.table(TRAIN, VOCAB), epochs=4, batch_size=64, lr=.01, g=g,
            resume=resume, after_step=lambda r: states.update(r.state()) if r.step==9 else None)
        return model, states
    model, states = run()
    resumed, _ = run(states)
    save(model, tmp_path/'m')
    assert nll(model, DEV)==nll(resumed, DEV)==nll(load(tmp_path/'m'), DEV)


def test_by_hand_in_other_types_and_sizes():
    "What a branch is added to may be large, or short of digits"
    for kind,rate in ((torch.float32, .2), (torch.bfloat16, .01)):
        model = Transformer(VOCAB, 16, n_layers=1, n_heads=2, n_embd=8, g=seeded()).to(kind)
        losses = fit(model, model.table(TRAIN, VOCAB), epochs=15, batch_size=64, lr=rate,
                     g=seeded(), backward=backward)['loss']
        assert all(map(math.isfinite, losses))


def test_default_type():
    "Models of whole words score and learn where float64 is the default"
    torch.set_default_dtype(torch.float64)
    try:
        for kind in ('gru', 'transformer'):
            model = NETWORKS[kind]()
            assert learns(model)[-1] < 3.4 and math.isfinite(nll(model, DEV))
    finally: torch.set_default_dtype(torch.float32)


def test_own_mistakes_are_told():
    "An error in a property isn't hidden by another; logits of nan are called so"
    class Typo(LanguageModel):
        "It has a W, and asks for a w"
        def __init__(self): super().__init__(VOCAB, 1); self.W = torch.zeros(3)
        def parameters(self): return [self.w]
    for name in ('n_params', 'device'):
        with pytest.raises(AttributeError, match="no 'w'"): getattr(Typo(), name)
    net = BigramNet(VOCAB)
    net.W.data.fill_(math.nan)
    for prompt in ('', 'a'):
        with pytest.raises(ValueError, match='no numbers'): sample(net, 2, prompt=prompt)


@pytest.mark.parametrize('kind', TYPES, ids=str)
def test_weights_of_a_mixture(kind, tmp_path):
    "They are shares of one in each type"
    mixture = Mixture([make() for make in (*COUNTED.values(),)[:3]]).to(kind)
    save(mixture, tmp_path/'m')
    assert nll(load(tmp_path/'m'), DEV)==nll(mixture, DEV)


def test_attention_on_rows():
    "A block on rectangles of names computes in each type"
    for kind in TYPES:
        block = Block(8, 2)
        for t in block.state().values(): t.data = t.data.to(kind)
        assert block(torch.ones(2, 3, 8, dtype=kind)).dtype==kind


def test_mixture_of_what_is_nearly_impossible():
    "A mixture never gives a character less than a member's share of its chance"
    logits = torch.tensor([0., -120, -500, *[-1e3]*(len(VOCAB) - 3)])
    member = Wrapped(lambda ix: logits.expand(len(ix), -1), VOCAB, 1)
    both = Mixture([member, member], [.5, .5])
    ix = torch.zeros(1, 1, dtype=torch.int64)
    assert torch.allclose(both(ix), member(ix).log_softmax(1))


def test_many_names():
    "They are drawn in parts: the same wish, as many names, little memory"
    model = Bigram(VOCAB, 1.).fit(count_contexts(TRAIN, VOCAB, 1))
    assert len(sample(model, 50_000, seed=1))==50_000 and sample(model, 0)==[]
    wide = Bigram(Vocab([chr(0x4e00 + k) for k in range(250)]), 1.)
    assert len(sample(wide, 100_000, max_len=2, seed=1))==100_000


def test_counts_of_any_size():
    "More pairs than float32 can count one by one"
    x, pairs = torch.zeros(3, 1, dtype=torch.int64), torch.arange(3)
    counts = ContextCounts(x, pairs, torch.ones(3, dtype=torch.int64),
                           torch.tensor([2**24, 1, 1]), VOCAB)
    assert Bigram(VOCAB).fit(counts).n[0, 1]==2**24 + 2


def test_mixture_comes_back(tmp_path):
    "In the type of its weights; a state that is refused changes nothing; none of mixtures"
    models = [COUNTED['n-gram'](), NETWORKS['net'](), NETWORKS['mlp']()]
    mixture = Mixture(models, torch.tensor([1/3, 1/3, 1/3], dtype=torch.float64))
    for kind in (torch.float32, torch.float64):
        save(mixture.to(kind), tmp_path/'m')
        back = load(tmp_path/'m')
        assert back.weights.dtype==mixture.weights.dtype==kind
        assert nll(back, DEV)==nll(mixture, DEV)
    before = nll(mixture, DEV)
    state = {k: t + 1 if k=='1.W' else t for k,t in mixture.state().items()}
    del state['2.0.C']
    with pytest.raises(ValueError, match='model 2: 0.C'): mixture.load_state(state)
    assert nll(mixture, DEV)==before
    with pytest.raises(ValueError, match='products'): save(Mixture([mixture, models[0]]), 'm')


def test_all_frozen():
    model = MLP(VOCAB)
    for p in model.parameters(): p.requires_grad_(False)
    with pytest.raises(ValueError, match='frozen'): learns(model)


def test_half_loaded():
    "A state with a tensor of another kind is refused, and changes nothing"
    for make in (NETWORKS['mlp'], NETWORKS['gru']):
        model = make()
        before, state = nll(model, DEV), {k: t.detach() + 1 for k,t in model.state().items()}
        state[list(state)[-1]] = state[list(state)[-1]].long()
        with pytest.raises(ValueError, match='int64 came'): model.load_state(state)
        assert nll(model, DEV)==before


def test_facts_without_end():
    "Circular facts are no JSON"
    circle = []
    circle.append(circle)
    with pytest.raises(ValueError, match='JSON'): save(NETWORKS['mlp'](), 'm', x=circle)


def test_mixture_with_a_model_of_nan():
    "Its weights aren't lost"
    broken = Wrapped(lambda ix: torch.full((len(ix), len(VOCAB)), math.nan), VOCAB, 1)
    mixture = Mixture([broken, COUNTED['n-gram']()])
    with pytest.raises(ValueError, match='no numbers'): mixture.fit(TABLE)
    assert mixture.weights.tolist()==[.5, .5]


def test_names_of_many_characters():
    "They are drawn a few at a time"
    words = [''.join(chr(0x4e00 + (7*k + 13*j*j)%3000) for j in range(3)) for k in range(2000)]
    vocab = Vocab(words)
    model = NGram(vocab, 2).fit(count_contexts(words, vocab, 2))
    seen, inner = [], NGram.__call__
    class Watched(NGram):
        def __call__(self, ix):
            seen.append(len(ix))
            return inner(self, ix)
    watched = Watched(vocab, 2)
    watched.levels = model.levels
    assert len(sample(watched, 3000, seed=1))==3000 and max(seen)*len(vocab) <= 2**22
