"""`make mutants`: plants one error at a time in the exported cells of a copy, runs that
chapter's checks until one fails, and lists the survivors. Two copies work at once."""
import argparse, ast, json, random, re, subprocess, sys, tempfile, time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from queue import SimpleQueue
from tqdm import tqdm
from workcopy import ROOT, Copy

SEED, TIMEOUT = 1, 900
SWAPS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
         ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult,
         ast.MatMult: ast.Mult, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE,
         ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.In: ast.NotIn,
         ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And}
WHOLE = (ast.FunctionDef, ast.Return, ast.Raise, ast.If, ast.For, ast.While, ast.With,
         ast.Try, ast.Import, ast.ImportFrom)  # statements that `pass` doesn't replace

# Chapter, what stands there, what is planted: errors that people make here.
CLASSIC = [
    ('00_data', 'a, b = int(.8*len(words)), int(.9*len(words))',
     'a, b = int(.8*len(words)), int(.8*len(words))'),
    ('00_data', 'random.Random(seed).shuffle(words)', 'pass'),
    ('01_counts', 'total = n.sum(1, keepdim=True)\n        # uniform',
     'total = n.sum(0, keepdim=True)\n        # uniform'),
    ('01_counts', '(cdf <= u).sum(1)', '(cdf < u).sum(1)'),
    ('01_counts', 'text[alive, t:T+t]', 'text[alive, t+1:T+t+1]'),
    ('02_contexts', 'self.discount*(n > 0).to(n)', '(n > 0).to(n)'),
    ('02_contexts', 'nats[ix].sum()/chars[ix].sum()', '(nats[ix]/chars[ix]).mean()'),
    ('03_mlp', 'var*N/(N - 1)', 'var'),
    ('03_mlp', 'var = (centred*centred).mean(axes)',
     'var = (centred*centred).sum(axes)/(N - 1)'),
    ('03_mlp', 'axes, N = tuple(range(x.ndim - 1))', 'axes, N = (0,)'),
    ('03_mlp', 'if not self.training or self.p==0: return x', 'if self.p==0: return x'),
    ('03_mlp', 'x*self.kept/(1 - self.p)', 'x*self.kept'),
    ('03_mlp', 'for p in params: p.grad = None', 'pass'),
    ('05_backprop', 'index_add_', 'index_copy_'),
    ('05_backprop', 'parent.grad += unbroadcast', 'parent.grad = unbroadcast'),
    ('06_wavenet', 'return x.view(B, L//self.k, self.k*D)',
     'return x.view(B, self.k, L//self.k*D)'),
    ('06_wavenet', 'k, dilation = 1, dilation*k', 'k, dilation = 1, dilation'),
    ('06_wavenet', 'x, d = text[:, ::d].flatten(1), d*layer.k',
     'x, d = text[:, -layer.k:].flatten(1), d*layer.k'),
    ('07_recurrent', 'new = (shared < d) & (d <= length)',
     'new = (shared <= d) & (d <= length)'),
    ('07_recurrent', 'dh.index_add_(0, parent, back)', 'dh[parent] += back'),
    ('07_recurrent', 'return (dx, dh + dout*z)', 'return (dx, dh)'),
    ('07_recurrent', 'times = self.times[ix, None]',
     'times = torch.ones_like(self.times)[ix, None]'),
    ('08_attention', '-torch.inf, device=device).triu(1)', '-1., device=device).triu(1)'),
    ('08_attention', 'dweights - (weights*dweights).sum(-1, keepdim=True)', 'dweights'),
    ('08_attention', 'total.index_add_(0, nodes.flatten(), part)',
     'total[nodes.flatten()] += part'),
    ('08_attention', 'return dout + dx, *own  # x was used twice', 'return dx, *own'),
    ('08_attention', 'torch.where(ix==0, 0, place + 1)', 'place + 1'),
    ('08_attention', 'grown, 2)[:, -self.block_size:]', 'grown, 2)[:, -2:]'),
    ('12_checkpoints', "t.long().cumsum(0) if how=='differences'",
     "t.long() if how=='differences'")]


def exported(notebook):
    "Index and source of each cell that is exported"
    sources = [(i, ''.join(c['source'])) for i,c in enumerate(notebook['cells'])
               if c['cell_type']=='code']
    return [(i, s) for i,s in sources if re.search(r'^#\| *exports?\b', s, re.M)]


def variants(node):
    "Erroneous forms of a node: the node to change, its field, and the new value"
    kind = type(getattr(node, 'op', None))
    if isinstance(node, (ast.BinOp, ast.AugAssign, ast.BoolOp)) and kind in SWAPS:
        yield node, 'op', SWAPS[kind]()
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
        yield node, 'ops', [SWAPS[type(node.ops[0])](), *node.ops[1:]]
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield node, 'value', node.value + 1
    elif isinstance(node, ast.Constant) and type(node.value) is bool:
        yield node, 'value', not node.value
    elif isinstance(node, ast.Call) and len(node.args) > 1:
        yield node, 'args', [node.args[1], node.args[0], *node.args[2:]]


def changed(source, node, text):
    "The source with a node's text replaced"
    data, starts = source.encode(), [0]
    for line in data.split(b'\n'): starts.append(starts[-1] + len(line) + 1)
    a = starts[node.lineno - 1] + node.col_offset
    b = starts[node.end_lineno - 1] + node.end_col_offset
    return (data[:a] + text.encode() + data[b:]).decode()


def removable(node):
    "Whether a node is a statement, no docstring, that `pass` can replace"
    if not isinstance(node, ast.stmt) or isinstance(node, WHOLE): return False
    return not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def mutants_of(source):
    "All (function, what was there, what is planted, the new source) of a cell"
    nodes = ast.walk(ast.parse(source))
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef)]
    places = [(f.name, node) for f in functions for s in f.body for node in ast.walk(s)]
    for function,node in places:
        for target,field,value in variants(node):
            old, before = ast.unparse(target), getattr(target, field)
            setattr(target, field, value)
            new = ast.unparse(target)
            setattr(target, field, before)
            if isinstance(target, (ast.BinOp, ast.BoolOp, ast.Compare)):
                new = f'({new})'
            if new != old: yield function, old, new, changed(source, target, new)
        if removable(node):
            yield function, ast.unparse(node), 'pass', changed(source, node, 'pass')


def chosen(n, chapter):
    """The classic errors, and `n` others, in chapters whose names begin with `chapter`:
    one in each of `n` functions, taken at random"""
    rng, found, by_function = random.Random(SEED), [], {}
    for path in sorted((ROOT/'nbs').glob(f'{chapter}*.ipynb')):
        if path.name[0] in '_.': continue
        for i,source in exported(json.loads(path.read_text(encoding='utf-8'))):
            for stem,old,new in CLASSIC:
                if stem==path.stem and old in source:
                    planted = source.replace(old, new)
                    found.append((path.name, i, 'classic', old, new, planted))
            for function,old,new,planted in mutants_of(source):
                others = by_function.setdefault((path.name, i, function), [])
                others.append((path.name, i, function, old, new, planted))
    lost = [old for stem,old,_ in CLASSIC
            if stem.startswith(chapter) and old not in [f[3] for f in found]]
    if lost: sys.exit(f'mutants: no chapter has this any more: {lost}')
    keys = sorted(rng.sample(sorted(by_function), min(n, len(by_function))))
    return found + [rng.choice(by_function[k]) for k in keys]


def passes(copy, name):
    """Whether a chapter's checks pass in the copy, in time; what it runs in other
    processes is the module, so that is exported first"""
    copy.run('nbdev_export')
    command = ['nbdev_test', '--path', f'nbs/{name}', '--n_workers', '1']
    try:
        return subprocess.run(command, cwd=copy.root, env=copy.env, capture_output=True,
                              timeout=TIMEOUT).returncode==0
    except subprocess.TimeoutExpired: return False


def survives(copies, mutant):
    "Whether no check sees a mutant; prints a line on it"
    name, i, function, old, new, source = mutant
    copy, start = copies.get(), time.perf_counter()
    try:
        text = copy.read(f'nbs/{name}')
        notebook = json.loads(text)
        notebook['cells'][i]['source'] = source.splitlines(True)
        copy.write(f'nbs/{name}', json.dumps(notebook))
        survived = passes(copy, name)
        copy.write(f'nbs/{name}', text)
    finally: copies.put(copy)
    verdict = 'SURVIVED' if survived else 'caught  '
    print(f'{verdict} {time.perf_counter() - start:4.0f} s  {name}, {function}: '
          f'{old!r} → {new!r}', flush=True)
    return survived


def passes_whole(copies, name):
    "Whether a chapter passes without any error planted"
    copy = copies.get()
    try: return passes(copy, name)
    finally: copies.put(copy)


def copies_in(folder, n):
    "A queue of `n` copies, whose processes have one thread"
    copies = SimpleQueue()
    for i in range(n):
        (Path(folder)/str(i)).mkdir()
        copy = Copy(Path(folder)/str(i))
        copy.env['OMP_NUM_THREADS'] = '1'
        copies.put(copy)
    return copies


def main():
    "Plant them all; exit status 1 if more than one in twenty survives"
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--n', type=int, default=60,
                        help='how many beside the classic ones')
    parser.add_argument('--chapter', default='',
                        help='only in chapters whose names begin so')
    args = parser.parse_args()
    planted = chosen(args.n, args.chapter)
    if not planted:
        sys.exit('mutants: no chapter that exports something begins with '
                 f'{args.chapter!r}')
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        copies, names = copies_in(folder, 2), sorted({m[0] for m in planted})
        whole = pool.map(lambda name: passes_whole(copies, name), names)
        failing = [name for name,passed in zip(names, whole) if not passed]
        if failing: sys.exit(f'mutants: {failing} fail without any error planted')
        running = [pool.submit(survives, copies, m) for m in planted]
        done = tqdm(as_completed(running), total=len(running), disable=None)
        survivors = sum(d.result() for d in done)
    caught = len(planted) - survivors
    print(f'{len(planted)} planted, {caught} caught ({caught/len(planted):.0%})')
    sys.exit(survivors > .05*len(planted))


if __name__ == '__main__': main()
