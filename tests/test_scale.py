"Several processes and other devices: what one process alone can't show"
import json, os, signal, subprocess, sys, time
from pathlib import Path
import pytest
import torch
import gpu
from makemore_lit.checkpoints import load, read_card
from makemore_lit.corpora import load_corpus
from makemore_lit.data import Vocab, seeded
from makemore_lit.descent import autograd
from makemore_lit.mlp import MLP
from makemore_lit.recurrent import Recurrent

ROOT = Path(__file__).resolve().parent.parent
# On one machine, processes meet at its own address.
LOOPBACK = {'GLOO_SOCKET_IFNAME': 'lo'} if sys.platform=='linux' else {}
TORCHRUN = [sys.executable, '-m', 'torch.distributed.run', '--standalone',
            '--nproc-per-node', '2']


def environment():
    "One thread a process, and no bars"
    return {**os.environ, **LOOPBACK, 'OMP_NUM_THREADS': '1', 'TQDM_DISABLE': '1'}


def run(*arguments, timeout=60):
    "Two processes of a script or a module, and what became of them"
    return subprocess.run([*TORCHRUN, *map(str, arguments)], capture_output=True, text=True,
                          env=environment(), timeout=timeout)


@pytest.fixture
def corpus(tmp_path):
    "A few hundred surnames in a file"
    path = tmp_path/'names.txt'
    words = load_corpus(ROOT/'data'/'surnames.txt')
    path.write_text('\n'.join(words[:600]) + '\n', encoding='utf-8')
    return path


def test_two_processes_agree(tmp_path):
    script = tmp_path/'work.py'
    script.write_text('''
import json, torch, torch.distributed as dist
from makemore_lit.counts import count_contexts
from makemore_lit.data import Vocab, seeded
from makemore_lit.descent import autograd
from makemore_lit.mlp import MLP
from makemore_lit.scale import joined, shared
words = ['emma', 'ava', 'mia', 'eve', 'ada']
vocab = Vocab(words)
model = MLP(vocab, g=seeded()).to(dtype=torch.float64)
x, n = count_contexts(words, vocab, 3)[:]
alone = autograd(model, x, n.double())
before = [p.grad for p in model.parameters()]
with joined() as rank:
    loss = shared(autograd)(model, x, n.double())
    apart = [(p.grad - d).abs().max().item() for p,d in zip(model.parameters(), before)]
    if rank==0: print(json.dumps([abs((loss - alone).item()), max(apart)]))
''')
    done = run(script)
    assert done.returncode==0, done.stderr
    assert max(json.loads(done.stdout)) < 1e-10


def test_a_failing_rank_fails(tmp_path):
    script = tmp_path/'work.py'
    script.write_text('''
import torch, torch.distributed as dist
from makemore_lit.scale import joined
with joined() as rank:
    if rank==1: raise ValueError('rank 1 has had enough')
    dist.all_reduce(torch.ones(1))
''')
    done = run(script)
    assert done.returncode != 0 and 'rank 1 has had enough' in done.stderr


def test_other_weights_are_refused(tmp_path):
    script = tmp_path/'work.py'
    script.write_text('''
from makemore_lit.data import Vocab, seeded
from makemore_lit.descent import autograd
from makemore_lit.mlp import MLP
from makemore_lit.scale import joined, shared
words = ['emma', 'ava']
with joined() as rank:
    model = MLP(Vocab(words), g=seeded(rank))
    shared(autograd)(model, *model.table(words, model.vocab)[:])
''')
    done = run(script)
    assert done.returncode != 0 and 'begin with different weights' in done.stderr


TRAIN = ('-m', 'makemore_lit', 'train')
# Without dropout two processes learn what one does.
SMALL = ('--model', 'gru', '--n_hidden', '16', '--n_embd', '8', '--batch_size', '64',
         '--dropout', '0')


def test_command(corpus, tmp_path):
    "One checkpoint, as good as that of one process; losses are printed once"
    two, one = tmp_path/'two.safetensors', tmp_path/'one.safetensors'
    done = run(*TRAIN, corpus, *SMALL, '--epochs', '3', '--out', two)
    assert done.returncode==0, done.stderr
    assert done.stdout.count('nats per character')==1
    assert sorted(p.name for p in tmp_path.iterdir())==['names.txt', two.name]
    subprocess.run([sys.executable, *TRAIN, corpus, *SMALL, '--epochs', '3', '--out', one],
                   check=True, capture_output=True, env=environment())
    losses = [read_card(path)['losses']['dev'] for path in (one, two)]
    assert abs(losses[0] - losses[1]) < 1e-3, losses
    assert load(two).n_params==load(one).n_params


def started(corpus, out):
    "A training by two processes that has saved a state"
    process = subprocess.Popen([*TORCHRUN, *TRAIN, corpus, *SMALL, '--epochs', '3000',
                                '--out', out], stdout=subprocess.PIPE, text=True,
                               stderr=subprocess.PIPE, env=environment())
    state, end = Path(f'{out}.state'), time.monotonic() + 60
    while not state.exists() and process.poll() is None and time.monotonic() < end:
        time.sleep(.1)
    if not state.exists():
        process.terminate()
        pytest.fail(f'no state was saved: {process.communicate(timeout=45)}')
    return process, state


def children(pid):
    "The processes that one has started"
    done = subprocess.run(['ps', '-o', 'pid=', '--ppid', str(pid)], capture_output=True,
                          text=True)
    return [int(child) for child in done.stdout.split()]


@pytest.mark.skipif(sys.platform != 'linux', reason='looks for processes by ps')
def test_killed_and_resumed(corpus, tmp_path):
    "If a process is killed the other ends by itself; one process can go on"
    out = tmp_path/'model.safetensors'
    process, state = started(corpus, out)
    try:
        os.kill(children(process.pid)[1], signal.SIGKILL)
        _, err = process.communicate(timeout=45)
    finally: process.kill()
    assert process.returncode != 0 and not out.exists() and state.exists(), err
    assert 'go on with --resume' in err, err
    # Fewer steps are another training; the same can be gone on with, and stopped again.
    again = subprocess.Popen([sys.executable, *TRAIN, str(corpus), *SMALL, '--epochs', '3000',
                              '--out', str(out), '--resume'], env=environment(), text=True,
                             stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    before, end = state.stat().st_mtime_ns, time.monotonic() + 60
    while state.stat().st_mtime_ns==before and again.poll() is None and (
            time.monotonic() < end): time.sleep(.1)
    again.send_signal(signal.SIGTERM)
    try: _, err = again.communicate(timeout=30)
    finally: again.kill()
    assert 'stopped by SIGTERM' in err and state.stat().st_mtime_ns != before, err


def test_gpu_tool(tmp_path, monkeypatch, capsys):
    "It runs on the processor as it would on a card, and sees other losses"
    words = load_corpus(ROOT/'data'/'surnames.txt')
    small = type(words)(words[:300], words.name, words.sha256)
    monkeypatch.setattr(gpu, 'load_corpus', lambda: small)
    out = tmp_path/'gpu.json'
    gpu.main(['--device', 'cpu', '--networks', 'net', '--sizes', '20', '--out', str(out)])
    found = json.loads(out.read_text())
    [row] = found['recipes']
    assert row['dev']==row['dev_on_cpu'] and row['seconds'] > 0
    assert [r['n_hidden'] for r in found['sizes']]==[20]
    for loss in (row['dev'] + .01, float('nan')):
        assert gpu.unequal(dict(recipes=[dict(row, dev=loss)]))==['net']
    monkeypatch.setattr(gpu, 'EQUAL', -1.)
    again = tmp_path/'again.json'
    with pytest.raises(SystemExit, match='other losses'):
        gpu.main(['--device', 'cpu', '--networks', 'net', '--sizes', '20', '--out', str(again)])
    assert not again.exists()
    if not torch.cuda.is_available():
        with pytest.raises(SystemExit, match='no GPU'): gpu.main([])


def devices():
    "Where torch can compute here, beside the processor"
    return [d for d,there in (('cuda', torch.cuda.is_available()),
                              ('mps', torch.backends.mps.is_available())) if there]


@pytest.mark.skipif(not devices(), reason='no other device here')
@pytest.mark.parametrize('kind', [MLP, Recurrent])
def test_devices(kind):
    "Loss and gradients on another device are those of the processor, to 1e-4"
    words = load_corpus(ROOT/'data'/'surnames.txt')[:200]
    vocab, found = Vocab(words), []
    for device in ('cpu', devices()[0]):
        model = kind(vocab, g=seeded()).to(device)
        x, n = model.table(words, vocab)[:]
        loss = autograd(model.train(), x.to(device), n.to(device))
        found.append([loss.detach().cpu(), *(p.grad.cpu() for p in model.parameters())])
    for a,b in zip(*found): torch.testing.assert_close(a, b, rtol=0, atol=1e-4)
