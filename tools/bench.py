"""`make bench`: this book's ways against the lectures', written out in plain torch; a
table, and _bench/bench.json. It wants a machine that does nothing else."""
import json, os, statistics, subprocess, sys, time
from pathlib import Path
import torch
import torch.distributed as dist
import torch.nn.functional as F
from tqdm import tqdm
from makemore_lit.attention import Transformer
from makemore_lit.backprop import backward, embedding_backward
from makemore_lit.checkpoints import pretrained
from makemore_lit.contexts import Mixture, name_nll
from makemore_lit.corpora import load_corpus, write_atomic
from makemore_lit.counts import Bigram, count_contexts, nll, sample
from makemore_lit.data import Vocab, seeded, split_words, windows
from makemore_lit.descent import AdamW, autograd, count_loss
from makemore_lit.mlp import MLP, Sequential
from makemore_lit.recurrent import Recurrent
from makemore_lit.results import RECIPES, trained
from makemore_lit.scale import joined, shared
from makemore_lit.wavenet import WaveNet, conv_logits
from lectures import LOGGED, padded, transformer

ROOT = Path(__file__).resolve().parent.parent
STEPS = 200_000  # of the lectures' trainings
THREADS = 1  # of both sides
FOOT = f"""
All on names, {THREADS} thread on both sides. Quality is the loss in nats per
character (for windows, their number; for samples, the model's loss on them; for
gradients and weights, how far ours is from theirs). The lectures' trainings are timed
over 2,200 steps and scaled up to {STEPS:,}; the dev loss that theirs reach is taken
from data/results.json. The 5-gram isn't the lectures'. The last rows compare two ways
of this book, or ours with PyTorch's; in one, two processes of one thread each stand
beside one of them."""


def timed(work, repeat=5):
    "The result of `work`, and the median of its times; two seconds or more count once"
    times = []
    while len(times) < repeat and not (times and times[0] >= 2):
        start = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - start)
    return result, statistics.median(times)


# The lectures' ways; their trainings are in lectures.py. The sign `.` is a boundary.

def numbers_of(vocab):
    "The number of each character, and 0 for the boundary"
    return {'.': 0, **vocab.stoi}


def count_by_loop(words, vocab):
    "Bigram counts, one pair of characters after the other"
    n, stoi = torch.zeros(len(vocab), len(vocab), dtype=torch.int32), numbers_of(vocab)
    for w in words:
        for a,b in zip('.' + w, w + '.'): n[stoi[a], stoi[b]] += 1
    return n


def windows_by_loop(words, vocab, T):
    "Every context and its next character"
    X, Y, stoi = [], [], numbers_of(vocab)
    for w in words:
        context = [0]*T
        for c in w + '.':
            X.append(context)
            Y.append(stoi[c])
            context = context[1:] + [stoi[c]]
    return torch.tensor(X), torch.tensor(Y)


def score_by_loop(p, words, vocab):
    "Nats per character from a table of probabilities, one pair after the other"
    total, N, stoi = 0., 0, numbers_of(vocab)
    for w in words:
        for a,b in zip('.' + w, w + '.'):
            total -= torch.log(p[stoi[a], stoi[b]])
            N += 1
    return (total/N).item()


def sample_one(probabilities, T, vocab, g):
    "One name, by torch.multinomial"
    context, word = [0]*T, []
    while len(word) < 100:
        p = probabilities(torch.tensor([context]))
        ix = torch.multinomial(p, 1, replacement=True, generator=g).item()
        if ix==0: break
        context, word = context[1:] + [ix], word + [ix]
    return vocab.decode(word)


def full_time(step):
    "Seconds of 200,000 steps: the median of eleven blocks of 200, scaled"
    for _ in range(50): step(.1)
    _, block = timed(lambda: [step(.1) for _ in range(200)] and None, 11)
    return block/200*STEPS


def in_turns(ours, theirs, repeat=11):
    "The median times of two ways, timed in turns, so that both see the same machine"
    times = [(timed(ours, 1)[1], timed(theirs, 1)[1]) for _ in range(repeat)]
    return [statistics.median(way) for way in zip(*times)]


# The rows: each gives ours and theirs as (seconds, quality), and what quality is.

NATS = 'nats per character'


def counting(b):
    "Bigrams of all names"
    ours, ours_s = timed(
        lambda: Bigram(b.vocab).fit(count_contexts(b.words, b.vocab, 1)), 11)
    n, loop_s = timed(lambda: count_by_loop(b.words, b.vocab))
    theirs = Bigram(b.vocab)
    theirs.n = n.float()
    return (ours_s, nll(ours, b.all1)), (loop_s, nll(theirs, b.all1)), NATS


def building_windows(b):
    "Every example of all names"
    ours, ours_s = timed(lambda: windows(b.words, b.vocab, 8), 11)
    theirs, loop_s = timed(lambda: windows_by_loop(b.words, b.vocab, 8))
    if not all(map(torch.equal, ours, theirs)): raise ValueError('the windows differ')
    return (ours_s, len(ours[1])), (loop_s, len(theirs[1])), 'examples'


def scoring_bigram(b):
    "The loss of the bigram on all names, counting included"
    model = Bigram(b.vocab).fit(b.all1)
    p = probabilities_of(model)
    loss, ours_s = timed(lambda: nll(model, count_contexts(b.words, b.vocab, 1)), 11)
    theirs, loop_s = timed(lambda: score_by_loop(p, b.words, b.vocab))
    return (ours_s, loss), (loop_s, theirs), NATS


@torch.no_grad()
def by_windows(b):
    "The WaveNet's loss over every window of the corpus, each computed"
    total = 0.
    for x,y in zip(b.X8.split(16_384), b.Y8.split(16_384)):
        total += F.cross_entropy(b.wavenet.net(x).double(), y, reduction='sum').item()
    return total/len(b.Y8)


@torch.no_grad()
def by_convolution(b):
    """The same by convolution over the corpus in a row, in pieces that overlap by the
    seven characters before a place"""
    total, size = 0., 8192
    for a in range(0, len(b.next_char), size):
        logits = conv_logits(b.wavenet, b.row[None, a:a + size + 7])[0].double()
        predicts, y = b.predicts[a:a + size], b.next_char[a:a + size]
        loss = F.cross_entropy(logits[predicts], y[predicts], reduction='sum')
        total += loss.item()
    return total/len(b.Y8)


def by_distinct_inputs(b):
    "The same by way of the distinct contexts, and the distinct inputs of each node"
    return nll(b.wavenet, b.all8)


def scoring_wavenet(way):
    "The loss of the WaveNet on all names, one way or by every window"
    def row(b):
        "Both ways"
        loss, ours_s = timed(lambda: way(b), 7)
        theirs, windows_s = timed(lambda: by_windows(b), 7)
        return (ours_s, loss), (windows_s, theirs), NATS
    return row


def training(recipe, name):
    "A recipe of ours against one of the lectures', whose loss is the stored one"
    make, arguments, T, *_ = LOGGED[name]
    def row(b):
        "Both trainings"
        model, ours_s = timed(lambda: trained(recipe, b.train, b.vocab), 3)
        step = make(b.vocab, *windows(b.train, b.vocab, T), **arguments)[1]
        theirs = full_time(step), b.lectures[name]['dev']
        return (ours_s, nll(model, b.dev8)), theirs, f'dev, {NATS}'
    return row


def probabilities_of(model):
    "The table of probabilities of a model that sees one character"
    return model(torch.arange(len(model.vocab))[:, None]).exp()


def stepwise(model):
    """What gives the probabilities after a context, `(1, V)` or `(V,)`; a table of
    bigrams is normalised beforehand, as in the lecture"""
    if model.block_size==1:
        p = probabilities_of(model)
        return lambda ix: p[ix[0]]
    forward = getattr(model, 'net', model)
    return lambda ix: F.softmax(forward(ix), 1)


def own_loss(model, words):
    "A model's loss on names, each with its end"
    nats, chars = name_nll(model, words)
    return (nats.sum()/chars.sum()).item()


def sampling(name, n=2000):
    "2,000 names at once against 1,000 one at a time"
    def row(b):
        "Both ways"
        model = pretrained(name)
        probabilities, T, half = stepwise(model), model.block_size, n//2
        names, ours_s = timed(lambda: sample(model, n, g=seeded()), 7)
        g = seeded()
        with torch.no_grad():
            singly, loop_s = timed(
                lambda: [sample_one(probabilities, T, b.vocab, g) for _ in range(half)])
        ours, theirs = own_loss(model, names), own_loss(model, singly)
        return (ours_s/n, ours), (loop_s/half, theirs), f'{NATS} of its own names'
    return row


def shorter(name, epochs):
    "A recipe with fewer epochs: enough for what is to be reached"
    cls, config, fitting = RECIPES[name]
    return cls, config, {**fitting, 'epochs': epochs}


def gru_beside_transformer(b):
    "A GRU, and the 12,500 steps of makemore.py's Transformer to its best dev loss"
    model, ours_s = timed(lambda: trained(shorter('gru', 10), b.train, b.vocab), 3)
    theirs_s = full_time(transformer(b.vocab, b.train))/STEPS*12_500
    # Their loss was measured once, over 25,000 steps on this split.
    return (ours_s, nll(model, b.dev)), (theirs_s, 2.012), f'dev, {NATS}'


def apart(one, other):
    "The largest difference of two lists of tensors"
    return max((a - b).abs().max().item() for a,b in zip(one, other, strict=True))


def joining(b):
    "Three embeddings as one vector, by a view or by copies of them"
    emb = torch.randn(len(b.Y8), 3, 2, generator=seeded())
    def view(): return [emb.view(-1, 6) for _ in range(100)]
    def copy(): return [torch.cat(emb.unbind(1), 1) for _ in range(100)]
    ours_s, theirs_s = in_turns(view, copy)
    return (ours_s/100, apart(view()[:1], copy()[:1])), (theirs_s/100, 0.), 'apart'


def embedding_gradient(b):
    "The gradient of an embedding table, at once or by the lecture's double loop"
    g = seeded()
    demb, ix = torch.randn(32, 3, 10, generator=g), torch.randint(27, (32, 3), generator=g)
    def loop():
        dC = torch.zeros(27, 10)
        for i in range(32):
            for t in range(3): dC[ix[i, t]] += demb[i, t]
        return dC
    def at_once(): return embedding_backward(demb, ix, 27)
    ours_s, theirs_s = in_turns(at_once, loop, 51)
    return (ours_s, apart([at_once()], [loop()])), (theirs_s, 0.), 'apart'


def grads_of(way, model, x, n):
    "The gradients that one way leaves"
    way(model.train(), x, n)
    return [p.grad for p in model.parameters()]


def by_hand(size):
    "A step's gradients by hand and by autograd, on so many rows of the table"
    def row(b):
        "Both ways"
        model = MLP(b.vocab, batchnorm=True, g=seeded())
        table = count_contexts(b.train, b.vocab, 3)
        ix = torch.randperm(len(table), generator=seeded())[:size]
        x, n = table[ix]
        times = in_turns(lambda: backward(model.train(), x, n),
                         lambda: autograd(model.train(), x, n), 51)
        difference = apart(*(grads_of(way, model, x, n) for way in (backward, autograd)))
        return (times[0], difference), (times[1], 0.), 'apart'
    return row


def step_by_hand(b):
    "A step of 32 examples with the gradients of this book, or with the lecture's"
    model, eye = MLP(b.vocab, batchnorm=True, g=seeded()), torch.eye(27)
    X, Y = windows(b.train, b.vocab, 3)
    theirs = LOGGED['by hand'][0](b.vocab, X, Y)[1]
    batches = torch.randint(len(X), (100, 32), generator=seeded())
    def ours(ix):
        backward(model.train(), X[ix], eye[Y[ix]])
        for p in model.parameters(): p.data.sub_(p.grad, alpha=.1)
    times = in_turns(lambda: [ours(ix) for ix in batches],
                     lambda: [theirs(.1, ix) for ix in batches])
    return (times[0]/100, 0.), (times[1]/100, 0.), '-'


def plain(model, x, n):
    "The gradients of a tree that computes every node for every row"
    loss = count_loss(model.net(x), n)
    for p in model.parameters(): p.grad = None
    loss.backward()


def shared_step(b):
    "A step of the tree on 8,192 rows, with each distinct input once or every time"
    model = WaveNet(b.vocab, g=seeded())
    table = count_contexts(b.train, b.vocab, 8)
    x, n = table[torch.randperm(len(table), generator=seeded())[:8192]]
    times = in_turns(lambda: autograd(model.train(), x, n), lambda: plain(model, x, n))
    difference = apart(*(grads_of(way, model, x, n) for way in (autograd, plain)))
    return (times[0], difference), (times[1], 0.), 'apart'


def rectangle(words, vocab):
    """What is read of padded names and what is predicted, `(B, T)` each; -100 behind
    the end of a name, where nothing is"""
    rows = padded(words, vocab)
    length = torch.tensor([len(w) for w in words])[:, None]
    y = rows.masked_fill(torch.arange(rows.shape[1]) > length, -100)
    return F.pad(rows[:, :-1], (1, 0)), y


def prefix_step(b):
    "A step of a GRU on 2,048 names: over their prefix tree, or by torch over a rectangle"
    model = Recurrent(b.vocab, n_embd=32, n_hidden=160, g=seeded())
    distinct = list(dict.fromkeys(b.train))[:2048]
    tree, n = model.table(distinct, b.vocab)[:]
    x, y = rectangle(distinct, b.vocab)
    states, _, out = model.net.layers
    C, cell, twin = states.embed[0].C, states.cell, torch.nn.GRU(32, 160)
    weights = cell.x.W.T, cell.h.W.T, cell.x.b, cell.h.b
    with torch.no_grad():
        for own,w in zip(twin.parameters(), weights): own.copy_(w)
    def over_rectangle():
        h0 = states.h0.expand(1, len(x), -1)
        h = torch.cat([h0, twin(C[x[:, 1:].T], h0)[0]])
        loss = F.cross_entropy(out(h).flatten(0, 1), y.T.flatten())
        kept = C, states.h0, *out.parameters(), *twin.parameters()
        return torch.autograd.grad(loss, kept)[:4]
    def over_tree():
        autograd(model.train(), tree, n)
        return [p.grad for p in (C, states.h0, *out.parameters())]
    times = in_turns(over_tree, over_rectangle)
    return (times[0], apart(over_tree(), over_rectangle())), (times[1], 0.), 'apart'


def attention_step(b):
    "A step of a transformer on 2,048 names: over their prefix tree, or a rectangle"
    distinct = list(dict.fromkeys(b.train))[:2048]
    model = Transformer(b.vocab, max(map(len, distinct)) + 1, 4, 4, 64, g=seeded())
    tree, n = model.table(distinct, b.vocab)[:]
    x, y = rectangle(distinct, b.vocab)
    first, *rest = model.net.layers
    layers = Sequential(*first.blocks, *rest)
    def over_rectangle():
        logits = layers(first.embed(x, torch.arange(x.shape[1])))
        loss = F.cross_entropy(logits.flatten(0, 1), y.flatten())
        return torch.autograd.grad(loss, model.parameters())
    def over_tree():
        autograd(model.train(), tree, n)
        return [p.grad for p in model.parameters()]
    times = in_turns(over_tree, over_rectangle)
    return (times[0], apart(over_tree(), over_rectangle())), (times[1], 0.), 'apart'


def mixing(b):
    "A mixture of the transformer and the 5-gram on dev, beside its two members"
    members = [pretrained(name) for name in ('transformer', '5-gram')]
    mixture = Mixture(members, [.8, .2])
    names = b.dev[:1000]
    times = in_turns(lambda: nll(mixture, names),
                     lambda: [nll(m, names) for m in members], 5)
    best = min(nll(m, names) for m in members)
    return (times[0], nll(mixture, names)), (times[1], best), f'dev, {NATS}'


def optimizing(b):
    "Our AdamW beside PyTorch's, 20 steps of the WaveNet's parameters"
    models = [WaveNet(b.vocab, g=seeded()) for _ in range(2)]
    x, n = count_contexts(b.train, b.vocab, 8)[:512]
    for model in models: autograd(model, x, n)
    ours = AdamW(models[0].parameters(), lr=.001)
    theirs = torch.optim.AdamW(models[1].parameters(), lr=.001)
    ways = [lambda o=o: [o.step() for _ in range(20)] for o in (ours, theirs)]
    times = in_turns(*ways)
    difference = apart(*([p.detach() for p in m.parameters()] for m in models))
    return (times[0]/20, difference), (times[1]/20, 0.), 'apart'


def one_of_two(model, x, n, repeat=11):
    """In one of two processes: the median times of a step by both and by the first
    alone, and how far the gradients are apart"""
    def alone():
        if dist.get_rank()==0: autograd(model.train(), x, n)
        dist.barrier()
    way = shared(autograd)
    def both(): way(model.train(), x, n)
    times = in_turns(both, alone, repeat)
    both()
    together = [p.grad for p in model.parameters()]
    alone()
    return [*times, apart(together, [p.grad for p in model.parameters()])]


def two_processes(b):
    "A GRU's gradients on 2,048 names: two processes of one thread, beside one"
    loopback = {'GLOO_SOCKET_IFNAME': 'lo'} if sys.platform=='linux' else {}
    done = subprocess.run(
        [sys.executable, '-m', 'torch.distributed.run', '--standalone',
         '--nproc-per-node', '2', __file__, '--one-of-two'], check=True, text=True,
        capture_output=True, env={**os.environ, **loopback, 'OMP_NUM_THREADS': '1'})
    ours_s, theirs_s, difference = json.loads(done.stdout)
    return (ours_s, difference), (theirs_s, 0.), 'apart'


def helping(b):
    "A command's help, beside the import of torch, which it needs"
    folder = Path(sys.executable).parent
    commands = [folder/'makemore_train', '--help'], [sys.executable, '-c', 'import torch']
    ways = [lambda c=c: subprocess.run(c, capture_output=True, check=True)
            for c in commands]
    ours_s, theirs_s = in_turns(*ways, 5)
    return (ours_s, 0.), (theirs_s, 0.), '-'


ROWS = {  # what it does, the least ratio that is wanted, and the worst quality of ours
    'count bigrams': (counting, 100, 2.4541),
    'build windows, T = 8': (building_windows, 3, 228_146),
    'score with the bigram': (scoring_bigram, 100, 2.4541),
    'score with the WaveNet, by convolution': (scoring_wavenet(by_convolution), .5, 2),
    'score with the WaveNet, by distinct inputs':
        (scoring_wavenet(by_distinct_inputs), 5, 2),
    'train the MLP to 2.105': (training(RECIPES['mlp'], 'MLP, BatchNorm'), 15, 2.105),
    'train by hand to 2.11': (training(RECIPES['by hand'], 'by hand'), 20, 2.11),
    'train the WaveNet to 1.993, 22 epochs':
        (training(shorter('wavenet', 22), 'tree, larger'), 10, 1.993),
    'train a GRU to 2.012, 10 epochs': (gru_beside_transformer, 20, 2.012),
    'sample from the bigram, a name': (sampling('bigram'), 15, 3),
    'sample from the 5-gram, a name': (sampling('5-gram'), 1, 3),
    'sample from the mlp, a name': (sampling('mlp'), 1, 3),
    'sample from the wavenet, a name': (sampling('wavenet'), 12, 3),  # by steps
    'step by hand, 32 examples': (step_by_hand, 2.5, 0.),
    'gradient of embeddings, 96 rows': (embedding_gradient, 10, 1e-5),
    'by hand beside autograd, 32 rows': (by_hand(32), 1, 1e-5),
    'by hand beside autograd, all rows': (by_hand(5438), .6, 1e-5),
    'view beside copies': (joining, 10, 0.),
    'shared tree beside plain, 8,192 rows': (shared_step, 1.2, 1e-5),
    'GRU over the prefix tree, 2,048 names': (prefix_step, 3, 1e-5),
    'Transformer over the prefix tree, 2,048 names': (attention_step, 2, 1e-5),
    'a mixture beside its two members': (mixing, .7, 1.96),
    'own AdamW beside PyTorch\'s': (optimizing, .3, 1e-4),
    'two processes beside one, GRU, 2,048 names': (two_processes, 1.1, 1e-5),
    'help beside import torch': (helping, .7, 0.)}


class Bench:
    "What the rows share"
    def __init__(self):
        self.words = load_corpus()
        if self.words.name != 'names':
            sys.exit('make bench: needs the corpus names; see data/README.md')
        stored = json.loads((ROOT/'data'/'results.json').read_text(encoding='utf-8'))
        self.lectures = {r['name']: r for r in stored['lectures']}
        self.vocab = Vocab(self.words)
        self.train, self.dev, _ = split_words(self.words)
        self.all1 = count_contexts(self.words, self.vocab, 1)
        self.all8 = count_contexts(self.words, self.vocab, 8)
        self.dev8 = count_contexts(self.dev, self.vocab, 8)
        self.X8, self.Y8 = windows(self.words, self.vocab, 8)
        self.wavenet = pretrained('wavenet')
        # The corpus in a row, with eight boundaries before each name. A place is
        # predicted if it is a character, or the boundary right after one.
        row = [i for w in self.words for i in [0]*8 + self.vocab.encode(w)]
        text = torch.tensor(row + [0])
        self.row, self.next_char = text[:-1], text[8:]
        self.predicts = ((text > 0) | (text.roll(-1) > 0))[7:-1]


def duration(seconds):
    "A time as text"
    if seconds >= 1: return f'{seconds:.1f} s'
    return f'{1e3*seconds:.1f} ms' if seconds >= 1e-3 else f'{1e6*seconds:.0f} µs'


def quality(x):
    "A loss or a number as text"
    if isinstance(x, int): return f'{x:,}'
    return f'{x:.4f}' if x==0 or x > 1e-3 else f'{x:.0e}'


def show(rows):
    "The table as text"
    found = [('', 'ours', 'theirs', 'ratio', 'quality', 'theirs')]
    for r in rows:
        times = duration(r['ours_s']), duration(r['reference_s'])
        qualities = quality(r['ours_quality']), quality(r['reference_quality'])
        found.append((r['name'], *times, f"{r['ratio']:.1f}", *qualities))
    lines = [f'{name:46}{a:>8}{b:>10}{ratio:>7}{c:>8}{d:>9}'
             for name,a,b,ratio,c,d in found]
    return '\n'.join(lines)


def main():
    "Print the table and write it; exit status 1 if a ratio or a quality falls short"
    torch.set_num_threads(THREADS)
    if '--one-of-two' in sys.argv:
        words = load_corpus()
        model = Recurrent(Vocab(words), n_embd=32, n_hidden=160, g=seeded())
        table = model.table(split_words(words)[0], model.vocab)
        x, n = table[torch.randperm(len(table), generator=seeded())[:2048]]
        with joined() as rank: found = one_of_two(model, x, n)
        if rank==0: print(json.dumps(found))
        return
    b, rows, short = Bench(), [], []
    for name in tqdm(ROWS, desc='bench', disable=None, leave=False):
        row, least, worst = ROWS[name]
        (ours_s, ours), (reference_s, reference), what = row(b)
        ratio = reference_s/ours_s
        rows.append(dict(name=name, ours_s=ours_s, reference_s=reference_s, ratio=ratio,
                         ours_quality=ours, reference_quality=reference, quality=what))
        if ratio < least or ours > worst:
            short.append(f'{name}: a ratio of {least} and a quality of {worst} are '
                         'wanted')
    folder = ROOT/'_bench'
    folder.mkdir(exist_ok=True)
    write_atomic(folder/'bench.json', (json.dumps(rows, indent=1) + '\n').encode())
    print(show(rows), FOOT, *short, sep='\n')
    sys.exit(bool(short))


if __name__ == '__main__': main()
