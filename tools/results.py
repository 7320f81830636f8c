"""What the chapter on results reads: each training is run once, one on each core, and
kept in _results under a hash of its recipe and of the code; a run that was cut goes on.

Written are data/results.json and data/nats.safetensors (nats of each name, of each
model and seed; of the members of the mixtures, of each character)."""
import argparse, ast, hashlib, inspect, json, os, re, statistics, sys, time
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from pathlib import Path
from typing import NamedTuple
import torch
from safetensors.torch import load_file, save_file
from makemore_lit.checkpoints import load, save
from makemore_lit.contexts import bootstrap, Mixture, name_nll, NGram
from makemore_lit.corpora import load_corpus, write_atomic
from makemore_lit.counts import nll, surprises
from makemore_lit.data import seeded, split_words, unseen, Vocab, windows
from makemore_lit.descent import fit
from makemore_lit.mlp import MLP
from makemore_lit.recurrent import Recurrent
from makemore_lit.attention import Transformer
from makemore_lit.wavenet import WaveNet
from makemore_lit.results import has_few, LARGER, RECIPES, sized, trained
import lectures

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT/'_results'
CHAPTER = {'bigram': '01_counts', 'net': '01_counts', '5-gram': '02_contexts',
           'kneser-ney': '02_contexts', 'mlp': '03_mlp', 'mlp, larger': '04_descent',
           'by hand': '05_backprop', 'wavenet': '06_wavenet',
           'wavenet, smaller': '06_wavenet', 'wavenet, larger': '06_wavenet', 'gru': '07_recurrent',
           'gru, larger': '07_recurrent', 'transformer': '08_attention',
           'transformer, larger': '08_attention'}
TABLES = {f'{T + 1}-gram': (NGram, dict(block_size=T), {}) for T in range(1, 8)}
# The tree of the lectures' smaller size
SMALLER = {'wavenet, smaller': (WaveNet, dict(n_embd=10, n_hidden=68), dict(
    epochs=50, batch_size=1024, lr=.015, weight_decay=.15))}
ALL = TABLES | RECIPES | SMALLER | LARGER
SEEDS = 1, 2  # of each network
MORE = 'mlp', 'by hand'  # which take seconds: five seeds
# One model of each kind, whose loss is followed over the number of names …
CURVES = ('5-gram', 'kneser-ney', 'mlp', 'wavenet', 'gru', 'transformer')
SHARES = (16, 8, 4, 2, 1)
# … and over its size
SIZES = {'mlp': [dict(n_hidden=h) for h in (20, 50, 155, 500)],
         'wavenet': [dict(n_hidden=h) for h in (32, 64, 128, 256)],
         'gru': [dict(n_hidden=h) for h in (30, 60, 120, 240)],
         'transformer': [dict(n_embd=c) for c in (16, 32, 48, 80)]}
# How long a training takes, about, in seconds: the longest begins first
LONG = {'transformer, larger': 500, 'mlp, larger': 60, 'wavenet, larger': 150,
        'gru, larger': 120}


# What is mixed: models, each with a seed
MIXTURES = {
    'gru and table': [('gru, larger', 1), ('7-gram', 1)],
    'transformer and table': [('transformer, larger', 1), ('7-gram', 1)],
    'four models': [('gru, larger', 1), ('transformer, larger', 1),
                    ('wavenet, larger', 1), ('7-gram', 1)],
    'all models': [*(('gru, larger', k) for k in SEEDS),
                   *(('transformer, larger', k) for k in SEEDS),
                   *(('wavenet, larger', k) for k in SEEDS),
                   ('mlp, larger', 1), ('wavenet', 1), ('gru', 1), ('transformer', 1),
                   ('kneser-ney', 1), ('7-gram', 1), ('5-gram', 1)],
    'in 1.5 MB': [('transformer, larger', 1), ('gru', 1), ('5-gram', 1)]}
MEMBERS = {m for members in MIXTURES.values() for m in members}


class Job(NamedTuple):
    "A training: a model of `ALL` or of the lectures, its names, a seed, changed sizes"
    model: str
    part: str = 'lecture'
    seed: int = 1
    sizes: tuple = ()

    def recipe(self):
        "Class, arguments, and those of `fit`"
        cls, config, fitting = ALL[self.model]
        share = int(self.part.removeprefix('1/')) if self.part[:2]=='1/' else 1
        if share > 1 and fitting.get('batch_size'):
            # As many steps as with all names
            fitting = fitting | dict(epochs=fitting['epochs']*share)
        return cls, config | dict(self.sizes), fitting

    def key(self):
        "A hash of all that its result depends on: names, recipe, code"
        if self.part=='lectures':
            how, module = lectures.LOGGED[self.model][:4], 'counts'
        else:
            cls, config, fitting = self.recipe()
            # Functions go by name
            fitting = {k: getattr(x, '__name__', x) for k,x in fitting.items()}
            how, module = [cls.__name__, config, fitting], cls.__module__.split('.')[-1]
        text = re.sub(' at 0x[0-9a-f]+', '', repr([self, *how]))
        return hashlib.sha256(f'{text} {SHA} {code(module)}'.encode()).hexdigest()[:16]


def modules(name, known=()):
    "A module of the package, and all that it imports from the package"
    known = {*known, name}
    tree = ast.parse((ROOT/'makemore_lit'/f'{name}.py').read_text(encoding='utf-8'))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level==1 and node.module not in known:
            known |= modules(node.module, known)
    return known


@cache
def code(module):
    "The code behind a model of a module, without comments and docstrings, as a hash"
    names = modules(module) | modules('descent') | modules('backprop')
    sources = [(ROOT/'makemore_lit'/f'{name}.py').read_text(encoding='utf-8')
               for name in sorted(names - {'corpora', 'charts'})]
    sources += map(inspect.getsource, (has_few, sized, trained))
    h = hashlib.sha256()
    for source in sources:
        tree = ast.parse(source)
        for node in ast.walk(tree):
            if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef): continue
            if ast.get_docstring(node) is not None: node.body = node.body[1:]
        h.update(ast.dump(tree).encode())
    return h.hexdigest()


def russian():
    "Countries and languages in Russian, from the package babel"
    from babel import Locale
    names = {**Locale('ru').territories, **Locale('ru').languages}.values()
    return sorted({w.lower() for w in names if w.replace(' ', '').isalpha()})


def parts(part):
    "The names to learn from, dev and test"
    if part=='surnames': return split_words(load_corpus(ROOT/'data'/'surnames.txt'))
    if part=='russian': return split_words(russian())
    if part=='distinct': return split_words(list(dict.fromkeys(words)))
    train, dev, test = split_words(words)
    if part.startswith('1/'): train = train[:len(train)//int(part[2:])]
    return train, dev, test


def changed(name, size):
    "The sizes in which a recipe is changed; none if they are its own"
    cls, config, _ = ALL[name]
    own = {k: p.default for k,p in inspect.signature(cls).parameters.items()} | config
    return tuple((k, x) for k,x in size.items() if own[k] != x)


def jobs():
    "All trainings"
    networks = [name for name,(_, _, fitting) in (RECIPES | SMALLER | LARGER).items() if fitting]
    for name in ALL:
        seeds = (1,) if name not in networks else range(1, 6) if name in MORE else SEEDS
        for seed in seeds:
            yield Job(name, 'lecture', seed)
            only_first = seed > (1 if name in LARGER else 2)
            if (name not in TABLES or name=='5-gram') and not only_first:
                yield Job(name, 'distinct', seed)
        if name in RECIPES or name=='kneser-ney':
            yield Job(name, 'surnames')
            yield Job(name, 'russian')
    for name in CURVES:
        for share in SHARES[:-1]:
            for seed in (1, 2) if name in networks else (1,):
                yield Job(name, f'1/{share}', seed)
    for name,sizes in SIZES.items():
        for size in filter(None, (changed(name, size) for size in sizes)):
            for seed in SEEDS: yield Job(name, 'lecture', seed, size)
    for name in lectures.LOGGED: yield Job(name, 'lectures')


def cost(job):
    "About how long it takes, for the order"
    if job.part=='lectures': return 200
    more = max([1, *(v/100 for _,v in job.sizes)])
    return LONG.get(job.model, 25 if ALL[job.model][2] else 1)*more


def lecture_model(job, train, vocab):
    "A model of the lectures, trained to its end"
    make, arguments, T, part, *_ = lectures.LOGGED[job.model]
    model, step = make(vocab, *windows(train, vocab, T), **arguments)
    for lr in lectures.RATES[part]: step(lr)
    return model


def found(job):
    "Train, and keep what was found"
    torch.set_num_threads(1)
    path = KEPT/job.key()
    if path.with_suffix('.json').exists(): return
    train, dev, test = parts('lecture' if job.part=='lectures' else job.part)
    everything = [*train, *dev, *test]
    vocab = Vocab(words if set(''.join(everything)) <= set(''.join(words)) else everything)
    start = time.perf_counter()
    if job.part=='lectures': model = lecture_model(job, train, vocab)
    else:
        recipe = cls, config, fitting = sized(job.recipe(), everything)
        if fitting and job.part.startswith('1/'):
            # As `trained` does it, but always in the state that was best on dev
            model = cls(vocab, **config, g=(g := seeded(job.seed)))
            fit(model, model.table(train, vocab), dev=model.table(dev, vocab),
                best=True, g=g, **fitting)
        else:
            few = dev if job.part=='russian' else None
            model = trained(recipe, train, vocab, job.seed, few)
    seconds = time.perf_counter() - start
    new = [unseen(part, train) for part in (dev, test)]
    losses = {k: nll(model, part) for k,part in
              dict(train=train, dev=dev, test=test, unseen_dev=new[0],
                   unseen_test=new[1]).items()}
    if job.part=='lecture' and not job.sizes:
        tensors = {k: surprises(model, part)[0].float().contiguous()
                   for k,part in (('dev', dev), ('test', test))}
        save_file(tensors, path.with_suffix('.nats'))
        if isinstance(model, (MLP, WaveNet, Recurrent, Transformer)):
            save(model, path.with_suffix('.model'))
    facts = dict(job._asdict(), params=model.n_params, seconds=seconds, **losses)
    write_atomic(path.with_suffix('.json'), json.dumps(facts).encode())


def run(wanted, processes):
    "Do what isn't done yet: the first seeds, the longest of them first"
    left = [j for j in wanted if not (KEPT/f'{j.key()}.json').exists()]
    print(f'{len(wanted)} trainings, {len(wanted) - len(left)} of them done before',
          flush=True)
    start = time.perf_counter()
    with ProcessPoolExecutor(processes, mp_context=torch.multiprocessing.get_context(
            'spawn')) as pool:
        order = sorted(left, key=lambda j: (j.part=='lectures', j.seed, -cost(j)))
        futures = {pool.submit(found, j): j for j in order}
        for k,future in enumerate(as_completed(futures), 1):
            future.result()
            print(f'{k}/{len(left)}  {time.perf_counter() - start:6.0f} s  '
                  f'{" ".join(map(str, futures[future]))}', flush=True)


def runs(name, part='lecture', sizes=()):
    "What was found for a model, a row for each seed"
    rows = []
    for seed in range(1, 6):
        path = KEPT/Job(name, part, seed, sizes).key()
        if path.with_suffix('.json').exists():
            rows.append((json.loads(path.with_suffix('.json').read_text()), path))
    return rows


def by_name(nats, names):
    "Nats of each name, of the nats of each of its characters and its end"
    name = torch.arange(len(names)).repeat_interleave(
        torch.tensor([len(w) + 1 for w in names]))
    return torch.zeros(len(names), dtype=torch.float64).index_add(0, name, nats.double())


def packed(nats, scale):
    "Nats as whole numbers of 1/scale in two bytes"
    return (nats*scale).round().clamp(max=2**15 - 1).short()


def means(rows, keys):
    "The mean of each loss over the seeds"
    return {k: statistics.fmean(r[k] for r,_ in rows) for k in keys}


def model_row(name, dev):
    "A model under the three protocols"
    rows, once = runs(name), runs(name, 'distinct')
    nats = torch.stack([by_name(load_file(path.with_suffix('.nats'))['dev'], dev)
                        for _,path in rows]).mean(0)
    chars = torch.tensor([len(w) + 1 for w in dev])
    on_dev = [r['dev'] for r,_ in rows]
    row = dict(model=name, chapter=CHAPTER[name], params=rows[0][0]['params'],
               seeds=len(rows), seconds=statistics.median(r['seconds'] for r,_ in rows))
    row['lecture'] = dict(means(rows, ('train', 'dev', 'test')), range=[min(on_dev),
                          max(on_dev)], interval=bootstrap(nats, chars, g=seeded()))
    unseen_ = means(rows, ('unseen_dev', 'unseen_test'))
    row['unseen'] = {k.removeprefix('unseen_'): x for k,x in unseen_.items()}
    row['distinct'] = dict(means(once, ('train', 'dev', 'test')), seeds=len(once))
    return row


def load_member(name, seed, train, vocab):
    "A trained model; a table is counted again"
    path = KEPT/Job(name, 'lecture', seed).key()
    if path.with_suffix('.model').exists(): return load(path.with_suffix('.model'))
    return trained(ALL[name], train, vocab)


def mixture_row(name, members, train, dev, test):
    "A mixture, its weights fitted on dev; saved, and loaded for a check"
    vocab, known = Vocab(words), set(train)
    models = [load_member(*m, train, vocab) for m in members]
    nats = [load_file((KEPT/Job(m, 'lecture', seed).key()).with_suffix('.nats'))
            for m,seed in members]
    p = {part: (-torch.stack([x[part] for x in nats]).double()).exp()
         for part in ('dev', 'test')}
    weights = fitted_weights(p['dev'])
    path = KEPT/f"{name.replace(' ', '-')}.safetensors"
    save(Mixture(models, weights.float()), path)
    mixture = load(path)
    row = dict(model=name, members=[f'{m} {seed}' for m,seed in members],
               weights=mixture.weights.tolist(), params=mixture.n_params,
               bytes=path.stat().st_size)
    for part,names in (('dev', dev), ('test', test)):
        each = by_name(-(weights @ p[part]).log(), names)
        # What the loaded file says of some names
        some, _ = name_nll(mixture, names[:100])
        torch.testing.assert_close(some, each[:100], rtol=0, atol=1e-3)
        chars = torch.tensor([len(w) + 1 for w in names])
        new = torch.tensor([w not in known for w in names])
        row[part] = (each.sum()/chars.sum()).item()
        row[f'unseen_{part}'] = (each[new].sum()/chars[new].sum()).item()
        if part=='dev': row['interval'] = bootstrap(each, chars, g=seeded())
    return row


def fitted_weights(p, steps=300):
    "The weights of a mixture by expectation maximisation, as `Mixture.fit` finds them"
    w = torch.full((len(p),), 1/len(p), dtype=torch.float64)
    for _ in range(steps):
        r = w[:, None]*p
        w = (r/r.sum(0)).mean(1)
    return w


def collect():
    "data/results.json and data/nats.safetensors, of what was found"
    train, dev, test = split_words(words)
    old = json.loads((ROOT/'data'/'results.json').read_text())
    out = dict(sha256=SHA)
    rows = [model_row(name, dev) for name in CHAPTER]
    out['models'] = sorted(rows, key=lambda r: -r['lecture']['dev'])
    keys = 'train', 'dev', 'test', 'unseen_dev', 'unseen_test'
    out['tables'] = [dict(model=name, params=runs(name)[0][0]['params'],
                          **means(runs(name), keys)) for name in TABLES]
    out['curves'] = {name: [dict(names=len(train)//share, seeds=[
        {k: r[k] for k in ('train', 'dev', 'unseen_dev')} for r,_ in
        runs(name, f'1/{share}' if share > 1 else 'lecture')]) for share in SHARES]
        for name in CURVES}
    out['sizes'] = {name: [dict(params=runs(name, sizes=changed(name, size))[0][0]['params'],
        seeds=[{k: r[k] for k in ('train', 'dev', 'unseen_dev')} for r,_ in
               runs(name, sizes=changed(name, size))]) for size in sizes]
        for name,sizes in SIZES.items()}
    out['corpora'] = {part: [dict(model=name, **means(runs(name, part), keys),
                                  params=runs(name, part)[0][0]['params'])
                             for name in (*RECIPES, 'kneser-ney')]
                      for part in ('surnames', 'russian')}
    out['mixtures'] = [mixture_row(name, members, train, dev, test)
                       for name,members in MIXTURES.items()]
    done = [runs(name, 'lectures') for name in lectures.LOGGED]
    out['lectures'] = old['lectures'] if not all(done) else [
        dict(name=name, params=r['params'], train=r['train'], dev=r['dev'],
             unseen=r['unseen_dev'], lecture_train=lectures.LOGGED[name][4],
             lecture_dev=lectures.LOGGED[name][5])
        for name,[(r, _)] in zip(lectures.LOGGED, done)]
    found = [json.loads(p.read_text()) for p in KEPT.glob('*.json')]
    out['hours'] = sum(r['seconds'] for r in found)/3600
    write_atomic(ROOT/'data'/'results.json', (json.dumps(out, indent=1) + '\n').encode())
    tensors, known = {}, set(train)
    for part,names in (('dev', dev), ('test', test)):
        tensors[f'chars/{part}'] = torch.tensor([len(w) + 1 for w in names]).byte()
        tensors[f'new/{part}'] = torch.tensor([w not in known for w in names])
    for name in CHAPTER | TABLES:
        for r,path in runs(name):
            nats = load_file(path.with_suffix('.nats'))
            for part,names in (('dev', dev), ('test', test)):
                key = f"{name}/{r['seed']}/{part}"
                tensors[f'names/{key}'] = packed(by_name(nats[part], names), 300)
                if (name, r['seed']) in MEMBERS:
                    tensors[f'characters/{key}'] = packed(nats[part], 1000)
    save_file(tensors, ROOT/'data'/'nats.safetensors')


words = load_corpus()
SHA = words.sha256

if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--processes', type=int, default=os.cpu_count(),
                        help='trainings at a time, each with one thread')
    options = parser.parse_args()
    if words.name != 'names': sys.exit('results: needs the corpus names; see data/README.md')
    KEPT.mkdir(exist_ok=True)
    run(list(jobs()), options.processes)
    collect()
