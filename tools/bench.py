"`make bench`: this book's ways against the lectures', written out in plain torch; a table, and _bench/bench.json."
import json, statistics, sys, time
from pathlib import Path
import torch
import torch.nn.functional as F
from tqdm import tqdm
from makemore_lit.checkpoints import pretrained
from makemore_lit.cli import RECIPES, trained
from makemore_lit.counts import Bigram, name_nll, nll, sample
from makemore_lit.data import Vocab, count_contexts, load_corpus, seeded, split_words, windows, write_atomic
from makemore_lit.wavenet import conv_logits
from lectures import LOGGED

ROOT = Path(__file__).resolve().parent.parent
STEPS = 200_000  # of the lectures' trainings


def timed(work, repeat=5):
    "The result of `work`, and the median of its times; one that takes two seconds or more is timed once"
    times = []
    while len(times) < repeat and not (times and times[0] >= 2):
        start = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - start)
    return result, statistics.median(times)


# The lectures' ways; their trainings are in lectures.py.

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


def sample_one(probabilities, T, vocab, g):
    "One name, by torch.multinomial"
    context, word = [0]*T, []
    while len(word) < 100:
        ix = torch.multinomial(probabilities(torch.tensor([context])), 1, replacement=True, generator=g).item()
        if ix==0: break
        context, word = context[1:] + [ix], word + [ix]
    return vocab.decode(word)


def full_time(step):
    "Seconds of 200,000 steps on one thread: the median of eleven blocks of 200, scaled up"
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    for _ in range(50): step(.1)
    _, block = timed(lambda: [step(.1) for _ in range(200)] and None, 11)
    torch.set_num_threads(threads)
    return block/200*STEPS


# The rows: each gives `ours` and `reference` as (seconds, quality), and what quality is.

def counting(b):
    "Bigrams of all names"
    ours, ours_s = timed(lambda: Bigram(b.vocab).fit(count_contexts(b.words, b.vocab, 1)), 11)
    n, loop_s = timed(lambda: count_by_loop(b.words, b.vocab))
    theirs = Bigram(b.vocab)
    theirs.n = n.float()
    return (ours_s, nll(ours, b.all1)), (loop_s, nll(theirs, b.all1)), 'nats per character'


def building_windows(b):
    "Every example of all names"
    (X, Y), ours_s = timed(lambda: windows(b.words, b.vocab, 8), 11)
    (X2, Y2), loop_s = timed(lambda: windows_by_loop(b.words, b.vocab, 8))
    if not (torch.equal(X, X2) and torch.equal(Y, Y2)): raise ValueError('the windows differ')
    return (ours_s, len(Y)), (loop_s, len(Y2)), 'examples'


def scoring_bigram(b):
    "The loss of the bigram on all names, counting included"
    model = Bigram(b.vocab).fit(b.all1)
    p = model(torch.arange(len(b.vocab))[:, None]).exp()
    loss, ours_s = timed(lambda: nll(model, count_contexts(b.words, b.vocab, 1)), 11)
    theirs, loop_s = timed(lambda: score_by_loop(p, b.words, b.vocab))
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
    "The loss of the WaveNet on all names, one way or by every window"
    def row(b):
        loss, ours_s = timed(lambda: way(b), 7)
        theirs, windows_s = timed(lambda: by_windows(b), 7)
        return (ours_s, loss), (windows_s, theirs), 'nats per character'
    return row


def training(recipe, name):
    "A recipe of ours against one of the lectures', whose loss is the stored one"
    make, arguments, T, *_ = LOGGED[name]
    def row(b):
        model, ours_s = timed(lambda: trained(recipe, b.train, b.vocab), 3)
        step = make(b.vocab, *windows(b.train, b.vocab, T), **arguments)[1]
        return (ours_s, nll(model, b.dev8)), (full_time(step), b.lectures[name]['dev']), 'dev, nats per character'
    return row


def sampling(name, n=2000):
    "2,000 names at once against 1,000 one at a time; a table of counts is normalised beforehand, as in the lecture"
    def row(b):
        model = pretrained(name)
        probabilities = (lambda p: lambda ix: p[ix[0]])(model(torch.arange(len(b.vocab))[:, None]).exp()) if name=='bigram' else \
                        (lambda forward: lambda ix: F.softmax(forward(ix), 1))(getattr(model, 'net', model))
        names, ours_s = timed(lambda: sample(model, n, g=seeded()), 7)
        g = seeded()
        with torch.no_grad(): one_by_one, loop_s = timed(lambda: [sample_one(probabilities, model.block_size, b.vocab, g) for _ in range(n//2)])
        loss = lambda words: (lambda nats, chars: (nats.sum()/chars.sum()).item())(*name_nll(model, words))
        return (ours_s/n, loss(names)), (loop_s/(n//2), loss(one_by_one)), 'nats per character of its own names'
    return row


def wavenet_recipe():
    "The recipe of the WaveNet, with fewer epochs: enough for the lecture's 1.993"
    cls, config, fitting = RECIPES['wavenet']
    return cls, config, {**fitting, 'epochs':22}


ROWS = {  # what it does, the least ratio that is wanted, and the worst quality of ours
    'count bigrams':(counting, 100, 2.4541), 'build windows, T = 8':(building_windows, 1, 228_146), 'score with the bigram':(scoring_bigram, 100, 2.4541),
    'score with the WaveNet, by convolution':(scoring_wavenet(by_convolution), .5, 2),
    'score with the WaveNet, by distinct inputs':(scoring_wavenet(lambda b: nll(b.wavenet, b.all8)), 5, 2),
    'train the MLP to 2.105':(training(RECIPES['mlp'], 'MLP, BatchNorm'), 15, 2.105), 'train by hand to 2.11':(training(RECIPES['by hand'], 'by hand'), 20, 2.11),
    'train the WaveNet to 1.993, 22 epochs':(training(wavenet_recipe(), 'tree, larger'), 10, 1.993),
    **{f'sample from the {name}, a name':(sampling(name), least, 3) for name,least in (('bigram', 1), ('4-gram', 1), ('mlp', 1), ('wavenet', 25))}}


class Bench:
    "What the rows share"
    def __init__(self):
        self.words = load_corpus()
        if self.words.name != 'names': sys.exit('make bench: needs the corpus names; see data/README.md')
        self.lectures = {r['name']:r for r in json.loads((ROOT/'data'/'results.json').read_text())['lectures']}
        self.vocab, (self.train, dev, _) = Vocab(self.words), split_words(self.words)
        self.all1, self.all8, self.dev8 = (count_contexts(*x) for x in ((self.words, self.vocab, 1), (self.words, self.vocab, 8), (dev, self.vocab, 8)))
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
    "Print the table and write it; exit status 1 if a ratio or a quality falls short"
    torch.set_num_threads(2)
    b, rows, short = Bench(), [], []
    for name,(row, least, worst) in tqdm(ROWS.items(), desc='bench', disable=None, leave=False):
        (ours_s, ours), (reference_s, reference), what = row(b)
        rows.append(dict(name=name, ours_s=ours_s, reference_s=reference_s, ratio=reference_s/ours_s, ours_quality=ours, reference_quality=reference, quality=what))
        if reference_s/ours_s < least or ours > worst: short.append(f'{name}: a ratio of {least} and a quality of {worst} are wanted')
    folder = ROOT/'_bench'
    folder.mkdir(exist_ok=True)
    write_atomic(folder/'bench.json', (json.dumps(rows, indent=1) + '\n').encode())
    print(show(rows))
    print(f"\nAll on names. Quality is the loss in nats per character (for windows, their number; for samples, the model's loss on them).\n"
          f"The lectures' trainings are timed over 2,200 steps on one thread and scaled up to {STEPS:,}, ours on two threads;\n"
          f"the dev loss that theirs reach is taken from data/results.json. The 4-gram isn't the lectures'.")
    for line in short: print(line)
    sys.exit(bool(short))


if __name__ == '__main__': main()
