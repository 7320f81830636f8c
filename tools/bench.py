"`make bench`: this book's ways against the lectures', written out here in plain torch; a table, and _bench/bench.json."
import json, statistics, sys, time
from pathlib import Path
import torch
import torch.nn.functional as F
from tqdm import tqdm
from makemore_lit.checkpoints import pretrained
from makemore_lit.cli import RECIPES, trained
from makemore_lit.counts import Bigram, name_nll, nll, sample
from makemore_lit.data import Vocab, count_contexts, load_corpus, split_words, windows, write_atomic
from makemore_lit.wavenet import conv_logits

ROOT = Path(__file__).resolve().parent.parent
STEPS = 200_000  # of the lectures' trainings


def seeded(): return torch.Generator().manual_seed(2147483647)


def seconds(work, repeat=5):
    "The result of `work`, and the median of its times; one that takes two seconds or more is timed once"
    times = []
    while len(times) < repeat and not (times and times[0] >= 2):
        start = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - start)
    return result, statistics.median(times)


# The lectures' ways. Trainings give a function that makes one step: 32 examples, plain SGD at a rate of 0.1.

def count_by_loop(words, vocab):
    "Bigram counts, one pair of characters after the other"
    n = torch.zeros(len(vocab), len(vocab), dtype=torch.int32)
    for w in words:
        for a,b in zip('.' + w, w + '.'): n[vocab.stoi[a], vocab.stoi[b]] += 1
    return n


def windows_by_loop(words, vocab, T):
    "Every context and its next character"
    X, Y = [], []
    for w in words:
        context = [0]*T
        for c in w + '.':
            X.append(context)
            Y.append(vocab.stoi[c])
            context = context[1:] + [vocab.stoi[c]]
    return torch.tensor(X), torch.tensor(Y)


def score_by_loop(p, words, vocab):
    "Nats per character from a table of probabilities, one pair of characters after the other"
    total, N = 0., 0
    for w in words:
        for a,b in zip('.' + w, w + '.'):
            total -= torch.log(p[vocab.stoi[a], vocab.stoi[b]])
            N += 1
    return (total/N).item()


def sample_one(forward, T, vocab, g):
    "One name, by torch.multinomial"
    context, word = [0]*T, []
    while len(word) < 100:
        p = F.softmax(forward(torch.tensor([context])), dim=1)
        ix = torch.multinomial(p, 1, replacement=True, generator=g).item()
        if ix==0: break
        context, word = context[1:] + [ix], word + [ix]
    return vocab.decode(word)


def mlp_parameters(g, D=10, H=200, T=3, V=27):
    "Embeddings, hidden layer, BatchNorm's two vectors, and output layer"
    randn = lambda *shape: torch.randn(*shape, generator=g)
    return [randn(V, D), randn(T*D, H)*(5/3)/(T*D)**.5, torch.ones(1, H), torch.zeros(1, H), randn(H, V)*.1, torch.zeros(V)]


def mlp_step(X, Y):
    "The MLP with BatchNorm, by autograd"
    g = seeded()
    P = C, W1, gamma, beta, W2, b2 = mlp_parameters(g)
    mean, std = torch.zeros(1, 200), torch.ones(1, 200)
    for p in P: p.requires_grad_()
    def step():
        ix = torch.randint(0, len(X), (32,), generator=g)
        z = C[X[ix]].view(32, -1) @ W1
        m, s = z.mean(0, keepdim=True), z.std(0, keepdim=True)
        with torch.no_grad():
            mean.mul_(.999).add_(.001*m)
            std.mul_(.999).add_(.001*s)
        logits = torch.tanh(gamma*(z - m)/s + beta) @ W2 + b2
        loss = F.cross_entropy(logits, Y[ix])
        for p in P: p.grad = None
        loss.backward()
        for p in P: p.data += -.1*p.grad
    return step


def by_hand_step(X, Y):
    "The same network, its gradients by hand, those of the embeddings by a double loop"
    g = seeded()
    P = C, W1, gamma, beta, W2, b2 = mlp_parameters(g)
    B = 32
    @torch.no_grad()
    def step():
        ix = torch.randint(0, len(X), (B,), generator=g)
        xb, yb = X[ix], Y[ix]
        emb = C[xb]
        e = emb.view(B, -1)
        z = e @ W1
        rstd = (z.var(0, keepdim=True) + 1e-5)**-.5
        zhat = (z - z.mean(0, keepdim=True))*rstd
        h = torch.tanh(gamma*zhat + beta)
        logits = h @ W2 + b2
        F.cross_entropy(logits, yb)
        dlogits = F.softmax(logits, 1)
        dlogits[range(B), yb] -= 1
        dlogits /= B
        dpre = (1 - h**2)*(dlogits @ W2.T)
        dz = gamma*rstd/B*(B*dpre - dpre.sum(0) - B/(B - 1)*zhat*(dpre*zhat).sum(0))
        demb, dC = (dz @ W1.T).view(emb.shape), torch.zeros_like(C)
        for i in range(B):
            for t in range(xb.shape[1]): dC[xb[i, t]] += demb[i, t]
        grads = dC, e.T @ dz, (dpre*zhat).sum(0, keepdim=True), dpre.sum(0, keepdim=True), h.T @ dlogits, dlogits.sum(0)
        for p,d in zip(P, grads): p += -.1*d
    return step


def wavenet_step(X, Y, D=24, H=128, V=27):
    "The tree of 76,579 parameters with BatchNorm over batch and places, by autograd"
    g = seeded()
    randn = lambda *shape: torch.randn(*shape, generator=g)
    C, Wout, bout = randn(V, D), randn(H, V)*.1, torch.zeros(V)
    levels = [(randn(2*n, H)*(5/3)/(2*n)**.5, torch.ones(H), torch.zeros(H)) for n in (D, H, H)]
    running = [(torch.zeros(1, 1, H), torch.ones(1, 1, H)) for _ in levels]
    P = [C, *(p for level in levels for p in level), Wout, bout]
    for p in P: p.requires_grad_()
    def step():
        ix = torch.randint(0, len(X), (32,), generator=g)
        x = C[X[ix]]
        for (W, gamma, beta),(mean, var) in zip(levels, running):
            z = x.view(32, x.shape[1]//2, -1) @ W
            m, v = z.mean((0, 1), keepdim=True), z.var((0, 1), keepdim=True)
            with torch.no_grad():
                mean.mul_(.9).add_(.1*m)
                var.mul_(.9).add_(.1*v)
            x = torch.tanh(gamma*(z - m)/torch.sqrt(v + 1e-5) + beta)
        loss = F.cross_entropy(x.view(32, -1) @ Wout + bout, Y[ix])
        for p in P: p.grad = None
        loss.backward()
        for p in P: p.data += -.1*p.grad
    return step


def full_time(step):
    "Seconds of 200,000 steps on one thread: the median of eleven blocks of 200, scaled up"
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    for _ in range(50): step()
    _, block = seconds(lambda: [step() for _ in range(200)] and None, 11)
    torch.set_num_threads(threads)
    return block/200*STEPS


# The rows: each gives `ours` and `reference` as (seconds, quality), and the unit of quality.

def counting(b):
    ours, ours_s = seconds(lambda: Bigram(b.vocab).fit(count_contexts(b.words, b.vocab, 1)), 11)
    n, loop_s = seconds(lambda: count_by_loop(b.words, b.vocab))
    theirs = Bigram(b.vocab)
    theirs.n = n.float()
    return (ours_s, nll(ours, b.all1)), (loop_s, nll(theirs, b.all1)), 'nats per character'


def building_windows(b):
    (X, Y), ours_s = seconds(lambda: windows(b.words, b.vocab, 8), 11)
    (X2, Y2), loop_s = seconds(lambda: windows_by_loop(b.words, b.vocab, 8))
    if not (torch.equal(X, X2) and torch.equal(Y, Y2)): raise ValueError('the windows differ')
    return (ours_s, len(Y)), (loop_s, len(Y2)), 'examples'


def scoring_bigram(b):
    model = Bigram(b.vocab).fit(b.all1)
    p = model(torch.arange(len(b.vocab))[:, None]).exp()
    loss, ours_s = seconds(lambda: nll(model, count_contexts(b.words, b.vocab, 1)), 11)
    theirs, loop_s = seconds(lambda: score_by_loop(p, b.words, b.vocab))
    return (ours_s, loss), (loop_s, theirs), 'nats per character'


@torch.no_grad()
def by_windows(b):
    "The WaveNet's loss over every window of the corpus, each computed"
    total = 0.
    for x,y in zip(b.X8.split(16_384), b.Y8.split(16_384)):
        total += F.cross_entropy(b.wavenet.net(x).double(), y, reduction='sum').item()
    return total/len(b.Y8)


@torch.no_grad()
def by_convolution(b):
    "The same by convolution over the corpus in a row, in pieces that overlap by the seven characters before a place"
    total, size = 0., 8192
    for a in range(0, len(b.next), size):
        logits, predicts = conv_logits(b.wavenet, b.row[None, a:a + size + 7])[0], b.predicts[a:a + size]
        total += F.cross_entropy(logits[predicts].double(), b.next[a:a + size][predicts], reduction='sum').item()
    return total/len(b.Y8)


def scoring_wavenet(way):
    def row(b):
        loss, ours_s = seconds(lambda: way(b), 7)
        theirs, windows_s = seconds(lambda: by_windows(b), 7)
        return (ours_s, loss), (windows_s, theirs), 'nats per character'
    return row


def training(recipe, step, theirs):
    def row(b):
        start = time.perf_counter()
        model = trained(recipe, b.train, b.vocab)
        ours_s = time.perf_counter() - start
        return (ours_s, nll(model, b.dev8)), (full_time(step(*b.examples[model.block_size])), b.lectures[theirs]['dev']), 'dev, nats per character'
    return row


def sampling(name, n=2000):
    def row(b):
        model = pretrained(name)
        forward, T, few = getattr(model, 'net', model), model.block_size, {'bigram':200, '4-gram':100}.get(name, 100)
        names, ours_s = seconds(lambda: sample(model, n, g=seeded()), 7)
        g = seeded()
        with torch.no_grad(): one_by_one, loop_s = seconds(lambda: [sample_one(forward, T, b.vocab, g) for _ in range(few)])
        loss = lambda words: (lambda nats, chars: (nats.sum()/chars.sum()).item())(*name_nll(model, words))
        return (ours_s/n, loss(names)), (loop_s/few, loss(one_by_one)), 'nats per character of its own names'
    return row


def wavenet_recipe():
    cls, config, fitting = RECIPES['wavenet']
    return cls, config, {**fitting, 'epochs':22}


ROWS = {
    'count bigrams':counting, 'build windows, T = 8':building_windows, 'score with the bigram':scoring_bigram,
    'score with the WaveNet, by convolution':scoring_wavenet(by_convolution),
    'score with the WaveNet, by distinct inputs':scoring_wavenet(lambda b: nll(b.wavenet, b.all8)),
    'train the MLP':training(RECIPES['mlp'], mlp_step, 'MLP, BatchNorm'), 'train by hand':training(RECIPES['by hand'], by_hand_step, 'by hand'),
    'train the WaveNet':training(wavenet_recipe(), wavenet_step, 'tree, larger'),
    **{f'sample from the {name}, a name':sampling(name) for name in ('bigram', '4-gram', 'mlp', 'wavenet')}}


class Bench:
    "What the rows share"
    def __init__(self):
        self.words = load_corpus()
        if self.words.name != 'names': sys.exit('make bench: needs the corpus names; see data/README.md')
        self.lectures = {r['name']:r for r in json.loads((ROOT/'data'/'results.json').read_text())['lectures']}
        self.vocab, (self.train, dev, _) = Vocab(self.words), split_words(self.words)
        self.all1, self.all8, self.dev8 = (count_contexts(*x) for x in ((self.words, self.vocab, 1), (self.words, self.vocab, 8), (dev, self.vocab, 8)))
        self.examples = {T: windows(self.train, self.vocab, T) for T in (3, 8)}
        self.X8, self.Y8 = windows(self.words, self.vocab, 8)
        self.wavenet = pretrained('wavenet')
        text = torch.tensor([self.vocab.stoi[c] for w in self.words for c in '.'*8 + w] + [0])  # eight boundaries before each name
        self.row, self.next = text[:-1], text[8:]
        self.predicts = ((text > 0) | (text.roll(-1) > 0))[7:-1]


def show(rows):
    "The table as text"
    time = lambda s: f'{s:.1f} s' if s >= 1 else f'{1e3*s:.1f} ms' if s >= 1e-3 else f'{1e6*s:.0f} µs'
    quality = lambda q: f'{q:,}' if isinstance(q, int) else f'{q:.4f}'
    lines = [f"{'':41}{'ours':>8}{'lecture':>10}{'ratio':>7}{'quality':>10}{'lecture':>9}"]
    for r in rows:
        lines.append(f"{r['name']:41}{time(r['ours_s']):>8}{time(r['reference_s']):>10}{r['ratio']:7.1f}"
                     f"{quality(r['ours_quality']):>10}{quality(r['reference_quality']):>9}")
    return '\n'.join(lines)


def main():
    b, rows = Bench(), []
    for name,row in tqdm(ROWS.items(), desc='bench', disable=None, leave=False):
        (ours_s, ours), (reference_s, reference), unit = row(b)
        rows.append(dict(name=name, ours_s=ours_s, reference_s=reference_s, ratio=reference_s/ours_s, ours_quality=ours, reference_quality=reference, unit=unit))
    folder = ROOT/'_bench'
    folder.mkdir(exist_ok=True)
    write_atomic(folder/'bench.json', (json.dumps(rows, indent=1) + '\n').encode())
    print(show(rows))
    print(f"\nAll on names. Quality is the loss in nats per character (for windows, their number; for samples, the model's loss on them).\n"
          f"A lecture's training is timed over 2,200 steps on one thread and scaled up to {STEPS:,}; the dev loss that these reach\nis taken from data/results.json.")


if __name__ == '__main__': main()
