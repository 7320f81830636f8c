"""The recipes of the makemore lectures (Karpathy 2022) in plain torch, start and seeds
included: each gives a model and a function `step(lr)` that takes a step of 32 examples.

They are timed by tools/bench.py, and run to their end in the chapter on results."""
from functools import partial
import torch
import torch.nn.functional as F
from makemore_lit.counts import LanguageModel

B = 32
# By part: the learning rates of the 200,000 steps; part 4 has those of 3.
RATES = {3: [.1]*100_000 + [.01]*100_000, 5: [.1]*150_000 + [.01]*50_000}


class Network(LanguageModel):
    "Parameters, and `forward(ix, training)`, which gives logits"
    def __init__(self, vocab, block_size, P, forward):
        super().__init__(vocab, block_size)
        self.P, self.forward = P, forward
        for p in P: p.requires_grad_()

    def __call__(self, ix): return self.forward(ix, False)
    def parameters(self): return self.P


def by_autograd(model, X, Y, g):
    "A step of plain SGD"
    def step(lr):
        ix = torch.randint(0, len(X), (B,), generator=g)
        loss = F.cross_entropy(model.forward(X[ix], True), Y[ix])
        for p in model.P: p.grad = None
        loss.backward()
        for p in model.P: p.data += -lr*p.grad
    return model, step


def mlp(vocab, X, Y, W1=1., b1=1., W2=1., b2=1., seed=2147483647):
    "Parts 2 and 3: an MLP of 11,897 parameters, its normal start times these factors"
    g = torch.Generator().manual_seed(seed)
    V, T = len(vocab), X.shape[1]
    randn = partial(torch.randn, generator=g)
    P = [randn(V, 10), randn(T*10, 200)*W1, randn(200)*b1, randn(200, V)*W2,
         randn(V)*b2]
    def forward(ix, training):
        C, W1, b1, W2, b2 = P
        return torch.tanh(C[ix].view(len(ix), -1) @ W1 + b1) @ W2 + b2
    return by_autograd(Network(vocab, T, P, forward), X, Y, g)


def mlp_batchnorm(vocab, X, Y, seed=2147483647):
    "Part 3: with BatchNorm, 12,097 parameters"
    g = torch.Generator().manual_seed(seed)
    V, T = len(vocab), X.shape[1]
    randn = partial(torch.randn, generator=g)
    P = [randn(V, 10), randn(T*10, 200)*(5/3)/(T*10)**.5, randn(200, V)*.01,
         randn(V)*0, torch.ones(1, 200), torch.zeros(1, 200)]
    running = [torch.zeros(1, 200), torch.ones(1, 200)]
    def forward(ix, training):
        C, W1, W2, b2, gamma, beta = P
        z = C[ix].view(len(ix), -1) @ W1
        mean, std = running
        if training: mean, std = z.mean(0, keepdim=True), z.std(0, keepdim=True)
        if training:
            with torch.no_grad():
                for r,new in zip(running, (mean, std)): r.mul_(.999).add_(.001*new)
        return torch.tanh(gamma*(z - mean)/std + beta) @ W2 + b2
    return by_autograd(Network(vocab, T, P, forward), X, Y, g)


def by_hand(vocab, X, Y, seed=2147483647):
    """Part 4: with BatchNorm and a bias before it, 12,297 parameters; gradients by
    hand, those of the embeddings by a double loop"""
    g = torch.Generator().manual_seed(seed)
    V, T = len(vocab), X.shape[1]
    randn = partial(torch.randn, generator=g)
    P = [randn(V, 10), randn(T*10, 200)*(5/3)/(T*10)**.5, randn(200)*.1,
         randn(200, V)*.1, randn(V)*.1, randn(1, 200)*.1 + 1, randn(1, 200)*.1]
    def forward(ix, training):
        C, W1, b1, W2, b2, gamma, beta = P
        # The statistics of all examples, taken when the training is over.
        all_z = C[X].view(len(X), -1) @ W1 + b1
        z = C[ix].view(len(ix), -1) @ W1 + b1
        mean, var = all_z.mean(0, keepdim=True), all_z.var(0, keepdim=True)
        return torch.tanh(gamma*(z - mean)*(var + 1e-5)**-.5 + beta) @ W2 + b2
    @torch.no_grad()
    def step(lr, ix=None):
        C, W1, b1, W2, b2, gamma, beta = P
        if ix is None: ix = torch.randint(0, len(X), (B,), generator=g)
        xb, yb = X[ix], Y[ix]
        emb = C[xb]
        e = emb.view(B, -1)
        z = e @ W1 + b1
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
            for t in range(T): dC[xb[i, t]] += demb[i, t]
        dgamma, dbeta = (dpre*zhat).sum(0, keepdim=True), dpre.sum(0, keepdim=True)
        grads = (dC, e.T @ dz, dz.sum(0), h.T @ dlogits, dlogits.sum(0), dgamma, dbeta)
        for p,d in zip(P, grads): p += -lr*d
    return Network(vocab, T, P, forward), step


def tree(vocab, X, Y, fan_in=2, D=10, H=68, bug=False, seed=42):
    """Part 5: neighbours joined `fan_in` at a time, each level with BatchNorm and tanh;
    the bug averages over the batch alone"""
    g = torch.Generator().manual_seed(seed)
    V, T = len(vocab), X.shape[1]
    randn = partial(torch.randn, generator=g)
    places = [T//fan_in]
    while places[-1] > 1: places.append(places[-1]//fan_in)
    widths = [D] + [H]*(len(places) - 1)
    C = randn(V, D)
    levels = [(randn(fan_in*n, H)/(fan_in*n)**.5, torch.ones(H), torch.zeros(H))
              for n in widths]
    out, bias = randn(H, V)/H**.5*.1, torch.zeros(V)
    axes = (0,) if bug else (0, 1)
    shapes = [(1, n if bug else 1, H) for n in places]
    running = [[torch.zeros(shape), torch.ones(shape)] for shape in shapes]
    def forward(ix, training):
        x = C[ix]
        for (W, gamma, beta),stats in zip(levels, running):
            z = x.view(len(x), x.shape[1]//fan_in, -1) @ W
            mean, var = stats
            if training:
                mean, var = z.mean(axes, keepdim=True), z.var(axes, keepdim=True)
                with torch.no_grad():
                    for r,new in zip(stats, (mean, var)): r.mul_(.9).add_(.1*new)
            x = torch.tanh(gamma*(z - mean)/torch.sqrt(var + 1e-5) + beta)
        return x.view(len(x), -1) @ out + bias
    P = [C, *(p for level in levels for p in level), out, bias]
    return by_autograd(Network(vocab, T, P, forward), X, Y, g)


def padded(words, vocab):
    "Names as rows `(B, L + 1)`, with at least one 0 behind each"
    rows = torch.zeros(len(words), max(map(len, words)) + 1, dtype=torch.int64)
    for row,w in zip(rows, words): row[:len(w)] = torch.tensor(vocab.encode(w))
    return rows


def transformer(vocab, words, seed=42):
    """`step(lr)` of the Transformer of makemore.py (Karpathy 2022) with its defaults:
    204,544 parameters on names, 32 names a step, AdamW. It isn't in the lectures."""
    torch.manual_seed(seed)
    V, D, heads = len(vocab), 64, 4
    y = padded(words, vocab)
    x = F.pad(y[:, :-1], (1, 0))
    length = torch.tensor([len(w) for w in words])[:, None]
    y = y.masked_fill(torch.arange(y.shape[1]) > length, -100)
    T = x.shape[1]
    later = torch.ones(T, T).triu(1).bool()
    linear, norm = torch.nn.Linear, torch.nn.LayerNorm
    blocks = [torch.nn.ModuleList([norm(D), linear(D, 3*D), linear(D, D), norm(D),
                                   linear(D, 4*D), linear(4*D, D)]) for _ in range(4)]
    net = torch.nn.ModuleDict(dict(
        letters=torch.nn.Embedding(V, D), places=torch.nn.Embedding(T, D),
        blocks=torch.nn.ModuleList(blocks), norm=norm(D), out=linear(D, V, bias=False)))
    optimizer = torch.optim.AdamW(net.parameters(), betas=(.9, .99), weight_decay=.01)
    def forward(ix):
        h = net['letters'](ix) + net['places'].weight
        for norm1, qkv, project, norm2, widen, narrow in net['blocks']:
            parts = qkv(norm1(h)).view(len(ix), T, 3, heads, D//heads)
            q, k, v = parts.permute(2, 0, 3, 1, 4)
            scores = (q @ k.transpose(2, 3)/(D//heads)**.5).masked_fill(later, -torch.inf)
            mixed = (scores.softmax(3) @ v).transpose(1, 2).reshape(h.shape)
            h = h + project(mixed)
            h = h + narrow(F.gelu(widen(norm2(h)), approximate='tanh'))
        return net['out'](net['norm'](h))
    def step(lr):
        ix = torch.randint(0, len(x), (B,))
        loss = F.cross_entropy(forward(x[ix]).flatten(0, 1), y[ix].flatten())
        optimizer.zero_grad()
        loss.backward()
        for group in optimizer.param_groups: group['lr'] = lr/200  # theirs is 5e-4
        optimizer.step()
    return step


# What each lecture's notebook logs: how to make the network, its context, the part
# whose rates it has, train loss and dev loss.
SMALL = dict(W2=.01, b2=0.)  # logits
LOGGED = {
    'MLP, standard normal start': (mlp, {}, 3, 3, 2.1245, 2.168),
    'MLP, small logits': (mlp, SMALL, 3, 3, 2.07, 2.13),
    'MLP, small W1 too':
        (mlp, dict(W1=.2, b1=.01, **SMALL), 3, 3, 2.0355961, 2.1026785),
    'MLP, gain 5/3':
        (mlp, dict(W1=5/3/30**.5, b1=.01, **SMALL), 3, 3, 2.0376642, 2.1069896),
    'MLP, BatchNorm': (mlp_batchnorm, {}, 3, 3, 2.0668271, 2.1048448),
    'by hand': (by_hand, {}, 3, 3, 2.0705, 2.1099),
    'context 3, flat': (tree, dict(fan_in=3, H=200), 3, 5, 2.058, 2.105),
    'context 8, flat': (tree, dict(fan_in=8, H=200), 8, 5, 1.918, 2.027),
    'tree, with the bug': (tree, dict(bug=True), 8, 5, 1.941, 2.029),
    'tree': (tree, {}, 8, 5, 1.912, 2.022),
    'tree, larger': (tree, dict(D=24, H=128), 8, 5, 1.769, 1.993)}
