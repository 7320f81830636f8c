"`make mutants`: plants one error at a time in the exported cells of a copy, runs that chapter's checks until one fails, and lists the survivors."
import argparse, ast, json, random, re, subprocess, sys, tempfile, time
from pathlib import Path
from tqdm import tqdm
from test_editing import ROOT, Copy

SEED, TIMEOUT = 1, 300
SWAPS = {ast.Add:ast.Sub, ast.Sub:ast.Add, ast.Mult:ast.Div, ast.Div:ast.Mult, ast.FloorDiv:ast.Mult, ast.Mod:ast.FloorDiv, ast.Pow:ast.Mult, ast.MatMult:ast.Mult,
         ast.Lt:ast.LtE, ast.LtE:ast.Lt, ast.Gt:ast.GtE, ast.GtE:ast.Gt, ast.Eq:ast.NotEq, ast.NotEq:ast.Eq, ast.In:ast.NotIn, ast.NotIn:ast.In,
         ast.And:ast.Or, ast.Or:ast.And}
CLASSIC = [  # chapter, what stands there, what is planted: the errors that people make with these formulas
    ('01_counts', 'total = n.sum(1, keepdim=True)\n        return torch.where', 'total = n.sum(0, keepdim=True)\n        return torch.where'),
    ('01_counts', '(cdf <= u).sum(1)', '(cdf < u).sum(1)'),
    ('01_counts', 'text[open, t:T+t]', 'text[open, t+1:T+t+1]'),
    ('01_counts', 'self.discount*(n > 0).to(n)', '(n > 0).to(n)'),
    ('01_counts', 'nats[ix].sum()/chars[ix].sum()', '(nats[ix]/chars[ix]).mean()'),
    ('00_data', 'a, b = int(.8*len(words)), int(.9*len(words))', 'a, b = int(.8*len(words)), int(.8*len(words))'),
    ('00_data', 'random.Random(seed).shuffle(words)', 'pass'),
    ('02_mlp', 'var*N/(N - 1)', 'var'),
    ('02_mlp', 'var = (centred*centred).mean(axes)', 'var = (centred*centred).sum(axes)/(N - 1)'),
    ('02_mlp', 'axes, N = tuple(range(x.ndim - 1))', 'axes, N = (0,)'),
    ('02_mlp', 'if not self.training or self.p==0: return x', 'if self.p==0: return x'),
    ('02_mlp', 'x*kept.to(x.device)/(1 - self.p)', 'x*kept.to(x.device)'),
    ('02_mlp', 'for p in params: p.grad = None', 'pass'),
    ('03_backprop', 'index_add_', 'index_copy_'),
    ('04_wavenet', 'return x.view(B, L//self.k, self.k*D)', 'return x.view(B, self.k, L//self.k*D)'),
    ('04_wavenet', 'k, dilation = 1, dilation*k', 'k, dilation = 1, dilation'),
    ('06_checkpoints', "t.long().cumsum(0) if how=='differences'", "t.long() if how=='differences'")]


def exported(notebook):
    "Index and source of each cell that is exported"
    return [(i, ''.join(c['source'])) for i,c in enumerate(notebook['cells']) if c['cell_type']=='code' and re.search(r'^#\| *exports?\b', ''.join(c['source']), re.M)]


def variants(node):
    "Erroneous forms of a node"
    if isinstance(node, (ast.BinOp, ast.AugAssign)) and type(node.op) in SWAPS: yield node, 'op', SWAPS[type(node.op)]()
    elif isinstance(node, ast.BoolOp): yield node, 'op', SWAPS[type(node.op)]()
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS: yield node, 'ops', [SWAPS[type(node.ops[0])](), *node.ops[1:]]
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float): yield node, 'value', node.value + 1
    elif isinstance(node, ast.Constant) and type(node.value) is bool: yield node, 'value', not node.value
    elif isinstance(node, ast.Call) and len(node.args) > 1: yield node, 'args', [node.args[1], node.args[0], *node.args[2:]]


def changed(source, node, text):
    "The source with a node's text replaced"
    lines = source.encode().split(b'\n')
    starts = [0]
    for l in lines: starts.append(starts[-1] + len(l) + 1)
    a, b = starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset
    data = source.encode()
    return (data[:a] + text.encode() + data[b:]).decode()


def mutants_of(source):
    "All (function, what was there, what is planted, the new source) of a cell"
    for function in [f for f in ast.walk(ast.parse(source)) if isinstance(f, ast.FunctionDef)]:
        for statement in function.body:
            for node in ast.walk(statement):
                for target,field,value in variants(node):
                    old, before = ast.unparse(target), getattr(target, field)
                    setattr(target, field, value)
                    new = ast.unparse(target)
                    setattr(target, field, before)
                    if isinstance(target, (ast.BinOp, ast.BoolOp, ast.Compare)): new = f'({new})'
                    if new != old: yield function.name, old, new, changed(source, target, new)
                if isinstance(node, ast.stmt) and not isinstance(node, (ast.FunctionDef, ast.Return, ast.Raise, ast.If, ast.For, ast.While, ast.With, ast.Try, ast.Import, ast.ImportFrom)):
                    if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)): yield function.name, ast.unparse(node), 'pass', changed(source, node, 'pass')


def chosen(n, chapter):
    "The classic errors, and `n` others, in chapters whose names begin with `chapter`: one in each of `n` functions, taken at random"
    rng, found, by_function = random.Random(SEED), [], {}
    for path in [p for p in sorted((ROOT/'nbs').glob('[!_.]*.ipynb')) if p.name.startswith(chapter)]:
        notebook = json.loads(path.read_text(encoding='utf-8'))
        for i,source in exported(notebook):
            for stem,old,new in CLASSIC:
                if stem==path.stem and old in source: found.append((path.name, i, 'classic', old, new, source.replace(old, new)))
            for function,old,new,mutant in mutants_of(source): by_function.setdefault((path.name, i, function), []).append((path.name, i, function, old, new, mutant))
    lost = [c for c in CLASSIC if c[0].startswith(chapter) and c[1] not in [f[3] for f in found]]
    assert not lost, lost
    return found + [rng.choice(by_function[k]) for k in sorted(rng.sample(sorted(by_function), min(n, len(by_function))))]


def passes(copy, name):
    "Whether a chapter's checks pass in the copy, in time; what it runs in other processes is the module, so that is exported first"
    copy.run('nbdev_export')
    command = ['nbdev_test', '--path', f'nbs/{name}', '--n_workers', '1']
    try: return subprocess.run(command, cwd=copy.root, env=copy.env, capture_output=True, timeout=TIMEOUT).returncode==0
    except subprocess.TimeoutExpired: return False


def main():
    "Plant them all; exit status 1 if more than one in twenty survives"
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--n', type=int, default=60, help='how many beside the classic ones')
    parser.add_argument('--chapter', default='', help='only in chapters whose names begin so')
    args = parser.parse_args()
    planted, survivors = chosen(args.n, args.chapter), []
    if not planted: sys.exit(f'mutants: no chapter that exports something begins with {args.chapter!r}')
    with tempfile.TemporaryDirectory() as folder:
        copy = Copy(folder)
        for name in sorted({m[0] for m in planted}): assert passes(copy, name), f'{name} fails without any error planted'
        for name,i,function,old,new,source in tqdm(planted, disable=None):
            text, start = (copy.root/'nbs'/name).read_text(encoding='utf-8'), time.perf_counter()
            notebook = json.loads(text)
            notebook['cells'][i]['source'] = source.splitlines(True)
            (copy.root/'nbs'/name).write_text(json.dumps(notebook), encoding='utf-8')
            caught = not passes(copy, name)
            (copy.root/'nbs'/name).write_text(text, encoding='utf-8')
            print(f"{'caught  ' if caught else 'SURVIVED'} {time.perf_counter() - start:4.0f} s  {name}, {function}: {old!r} → {new!r}", flush=True)
            if not caught: survivors.append((name, function, old, new))
    print(f'{len(planted)} planted, {len(planted) - len(survivors)} caught ({1 - len(survivors)/len(planted):.0%})')
    sys.exit(len(survivors) > .05*len(planted))


if __name__ == '__main__': main()
