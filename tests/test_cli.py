"""The commands: what they refuse, what stops them, what they read and write.

Most run in this process, through `main`. Where a process has to die it is a fork of this
one, which needs no `import torch`; the shell gets a process of its own a few times."""
import contextlib, io, json, math, os, random, re, signal, subprocess, sys, time
from pathlib import Path
import pytest
import torch
import makemore_lit.corpora
from makemore_lit import cli
from makemore_lit.checkpoints import load, pretrained_path, read_card
from makemore_lit.cli import makemore_compare, makemore_eval, makemore_sample
from makemore_lit.cli import makemore_merge, makemore_train
from makemore_lit.corpora import load_corpus
from makemore_lit.counts import nll
from makemore_lit.data import split_words, unseen, Vocab
from makemore_lit.results import RECIPES, TRAINABLE, trained

ROOT = Path(__file__).resolve().parent.parent
WORDS = load_corpus()
MODELS = sorted(TRAINABLE)
# Small models of each kind, which learn in a moment
SMALL = {'bigram':{}, 'ngram':dict(block_size=2), '5-gram':{}, 'net':dict(epochs=2),
         'mlp':dict(n_hidden=9, epochs=2, lr=.9, weight_decay=0, dropout=0),
         'wavenet':dict(block_size=4, n_hidden=9, epochs=1, dropout=.9),
         'gru':dict(n_embd=4, n_hidden=9, epochs=1, dropout=.5),
         'transformer':dict(n_embd=8, n_layers=1, n_heads=2, epochs=1, dropout=.5)}
FEW = dict(model='bigram')


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    "An empty folder to work in, no announcements, and one thread: a fork has no others"
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv('OMP_NUM_THREADS', raising=False)
    torch.set_num_threads(1)
    monkeypatch.setenv('TQDM_DISABLE', '1')
    return tmp_path


def said(f, *args, **options):
    "The exit status of a command called in this process, its output, and its errors"
    argv = [str(a) for a in args]
    argv += [f'--{k}' if x is True else f'--{k}={x}' for k,x in options.items()]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try: status = f.main(argv) or 0
        except SystemExit as e: status = e.code
    return status, out.getvalue(), err.getvalue()


def refused(f, *args, **options):
    "The one line of a command that refuses its input"
    status, out, err = said(f, *args, **options)
    assert (status, out, err.count('\n'), err.split(':')[0])==(2, '', 1, f.__name__)
    return err.strip()


def works(f, *args, **options):
    "What a command prints that has nothing to complain of"
    status, out, err = said(f, *args, **options)
    assert (status, err)==(0, ''), err
    return out


def write(name, words):
    "A list of names, a line for each"
    Path(name).write_text('\n'.join(words), encoding='utf-8')
    return name


def forked(f, *args, **options):
    "The number of a process that runs a command; its errors are in the file `errors`"
    sys.stdout.flush()
    if pid := os.fork(): return pid
    try:
        for number in (1, 2): os.dup2(os.open('errors', os.O_CREAT | os.O_WRONLY), number)
        sys.stdout, sys.stderr = open(1, 'w', closefd=False), open(2, 'w', closefd=False)
        argv = [str(a) for a in args]
        argv += [f'--{k}' if x is True else f'--{k}={x}' for k,x in options.items()]
        status = f.main(argv) or 0
    except SystemExit as e: status = e.code
    except BaseException as e:
        print('Traceback', repr(e), file=sys.stderr, flush=True)
        status = 99
    os._exit(status)


def ended(pid):
    "The exit status of a forked process, or minus the number of the signal; its words"
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), Path('errors').read_text()


def when(pid, ready, wait=0.):
    "Wait until something is so, or the process is over; whether it still runs"
    while not ready():
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT): return False
        time.sleep(.002)
    time.sleep(wait)
    return not os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)


def newer(path, than):
    "Whether there is such a file, written after that time"
    path = Path(path)
    return lambda: path.exists() and path.stat().st_mtime > than


def shell(command, **env):
    "What a command line prints, its errors, and its exit status"
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    p = subprocess.run(['bash', '-c', command], capture_output=True, text=True,
                       env={**os.environ, 'PATH':path, **env})
    return p.stdout, p.stderr, p.returncode


TRAIN = dict(model='wavenet', block_size=4, n_hidden=16, batch_size=32, epochs=10)
GRU = dict(model='gru', n_hidden=16, dropout=.3, batch_size=32, epochs=12)


@pytest.mark.parametrize('how', [TRAIN, GRU], ids=['wavenet', 'gru'])
def test_killed(how, monkeypatch):
    "A training that is killed at random moments ends in the same file, byte by byte"
    monkeypatch.setattr(cli._keeper, '__defaults__', (cli._keeper.__defaults__[0], .03))
    write('list.txt', WORDS[:300])
    works(makemore_train, 'list.txt', out='calm', **how)
    moments, kills, state = random.Random(1), 0, Path('killed.state')
    while kills < 6:
        more, began = (dict(resume=True) if state.exists() else {}), time.time()
        pid = forked(makemore_train, 'list.txt', out='killed', **how, **more)
        number = moments.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
        alive = when(pid, newer(state, began), moments.uniform(0, .1))
        if alive: os.kill(pid, number)
        status, words = ended(pid)
        if not alive: break
        kills += 1
        if number==signal.SIGKILL: assert (status, words)==(-9, '')
        elif status:
            assert status==128 + number and words.count('\n')==1, (status, words)
            assert f'stopped by {number.name}' in words and '--resume' in words
        Path('errors').unlink()
        # Never half-written
        if Path('killed').exists(): break
    if state.exists():
        wrong = refused(makemore_train, 'list.txt', out='killed', model=how['model'],
                        resume=True)
        assert 'killed.state: from a run with' in wrong and 'give the same' in wrong
        works(makemore_train, 'list.txt', out='killed', resume=True, **how)
    assert kills > 1
    assert Path('killed').read_bytes()==Path('calm').read_bytes()
    if how is GRU:
        fit = read_card('killed')['fit']
        assert (fit['decayed'], fit['backward'])==('matrices', 'clipped(autograd, 1.0)')


def test_two_at_once():
    "A second training for the same file is refused; a killed one leaves no lock behind"
    write('list.txt', WORDS[:600])
    Path('link').symlink_to('m')
    long = dict(model='mlp', epochs=100_000)
    pid = forked(makemore_train, 'list.txt', out='m', **long)
    assert when(pid, newer('m.state', 0))
    for out,more in (('m', {}), ('./m', {}), ('link', {}), ('m', dict(resume=True))):
        assert 'another training' in refused(makemore_train, 'list.txt', out=out, **long,
                                             **more)
    os.kill(pid, signal.SIGKILL)
    assert ended(pid)[0]==-9
    assert 'give --resume' in refused(makemore_train, 'list.txt', out='m', **long)
    Path('m.state').unlink()
    works(makemore_train, 'list.txt', out='m', model='bigram')
    # Whoever kills a program may leave a temporary file, but no lock
    left = sorted(p.name for p in Path().iterdir() if p.name[:14] != '.makemore_lit.'
                  or p.suffix=='.lock')
    assert left==['errors', 'link', 'list.txt', 'm']


def test_stopped():
    "Where there is nothing to go on with, and where there isn't anything to say"
    write('list.txt', WORDS[:600])
    for number in (signal.SIGINT, signal.SIGTERM):
        pid = forked(makemore_compare, 'list.txt', out='no.json')
        time.sleep(.5)
        os.kill(pid, number)
        status, words = ended(pid)
        assert status==128 + number and words.count('\n')==1 and 'begin anew' in words
        Path('errors').unlink()
        pid = forked(makemore_sample, n=10**6)
        time.sleep(.5)
        os.kill(pid, number)
        assert ended(pid)==(128 + number, '')
        Path('errors').unlink()
    assert not Path('no.json').exists()


def test_while_importing():
    "Ctrl-C in the second that `import torch` takes is quiet"
    command = [Path(sys.executable).parent/'makemore_train', 'nothing']
    for number,wait in ((signal.SIGINT, .25), (signal.SIGTERM, .4)):
        p = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        # Python itself has to have begun
        maps = Path(f'/proc/{p.pid}/maps')
        start = time.time()
        while maps.exists() and 'torch' not in maps.read_text() and p.poll() is None:
            if time.time() > start + 60: break
            time.sleep(.005)
        time.sleep(0 if maps.exists() else wait + 1)
        p.send_signal(number)
        assert (p.communicate(), p.returncode)==((b'', b''), 128 + number)


def test_states(monkeypatch):
    "The state of a training is refused in one line, whatever is wrong with it, and kept"
    import torch
    from safetensors import safe_open
    from safetensors.torch import save_file
    write('list.txt', WORDS[:200])
    how = dict(model='gru', n_hidden=8, n_embd=4, epochs=4, batch_size=64)
    monkeypatch.setattr(cli._keeper, '__defaults__', (cli._keeper.__defaults__[0], 0.))
    def keep(run):
        if run.step==5: raise OSError('enough')
        return False
    real = cli._keeper
    def stops(path, facts, check):
        hook = real(path, facts, check)
        return lambda run: hook(run) or keep(run)
    with monkeypatch.context() as m:
        m.setattr(cli, '_keeper', stops)
        assert 'enough' in refused(makemore_train, 'list.txt', out='m', **how)
    state = Path('m.state')
    good = state.read_bytes()
    with safe_open(state, 'pt') as file:
        card = file.metadata()
        tensors = {k: file.get_tensor(k) for k in file.keys()}
    assert {'exp_avg.0', 'g', 'g.epoch', 'length', 'loss'} <= set(tensors)
    def without(*names): return {k:t for k,t in tensors.items() if k not in names}
    of_0 = 'exp_avg.0', 'exp_avg_sq.0', 'step.0'
    wrong = [without('exp_avg.0'), without(*of_0), without('g'), without('length')]
    for k,t in tensors.items():
        wrong += [without(k), {**tensors, k:t.flatten()[:-1]}, {**tensors, k:t[..., None]}]
        if t.is_floating_point():
            wrong += [{**tensors, k:t*math.nan}, {**tensors, k:t.long()}]
    wrong += [{**tensors, 'g':tensors['g'].flip(0)}, {**tensors, 'loss':torch.tensor(1.)},
              {**tensors, 'more':torch.zeros(2)}, {**tensors, 'step.1':torch.tensor(-1.)},
              {**tensors, 'exp_avg_sq.1':-1 - tensors['exp_avg_sq.1']}]
    for t in wrong:
        save_file(t, state, card)
        if state.read_bytes()==good: continue
        lying = state.read_bytes()
        said = refused(makemore_train, 'list.txt', out='m', resume=True, **how)
        assert re.search('m.state.*(begin anew|cut off)', said), said
        assert state.read_bytes()==lying
    for data in (b'', good[:500], good[:-3], b'PK\x03\x04'*9):
        state.write_bytes(data)
        assert 'm.state' in refused(makemore_train, 'list.txt', out='m', resume=True, **how)
        assert state.read_bytes()==data
    state.write_bytes(good)
    works(makemore_train, 'list.txt', out='m', resume=True, **how)
    works(makemore_train, 'list.txt', out='calm', **how)
    assert Path('m').read_bytes()==Path('calm').read_bytes() and not state.exists()


def test_sizes():
    "Options of each model, in their range; what can't be is refused, and leaves no file"
    write('all.txt', WORDS[:2000])
    for kw in (dict(model='gpt'), dict(model='ngram', n_hidden=3),
               dict(model='mlp', lr=1e37, epochs=9), dict(block_size=12),
               dict(model='gru', block_size=3), dict(model='gru', n_layers=2),
               dict(model='transformer', n_heads=5), dict(model='transformer', n_layers=0),
               dict(model='transformer', block_size=4),
               dict(device='abacus'), dict(device='meta'), dict(device='cuda:99'),
               dict(dropout=1.5), dict(resume=True), dict(model='bigram', epochs=3),
               dict(n_hidden=0), dict(epochs=-1), dict(batch_size=0), dict(lr=0.),
               dict(weight_decay=math.nan), dict(n_hidden=10**12), dict(n_hidden=10**18),
               dict(block_size=10**9), dict(model='transformer', n_layers=10**9),
               dict(epochs=10**30), dict(seed=10**30), dict(model='mlp', epochs=1, lr=1e308),
               dict(out='no/m'), dict(out='all.txt'), dict(out='.'), dict(out='x/'),
               dict(out=''), dict(out='a'*300), dict(out='/dev/full')):
        refused(makemore_train, 'all.txt', **{'out':'m', **kw})
    assert [p.name for p in Path().iterdir()]==['all.txt']
    for option in ('lr', 'weight_decay'):
        for value in (1e300, math.inf, -1):
            assert f'--{option}' in refused(makemore_train, 'all.txt', **{option:value})
    assert 'weight_decay' in refused(makemore_train, 'all.txt', weight_decay=1e30, epochs=1)
    assert '--n_layers' in refused(makemore_train, 'all.txt', model='transformer',
                                   n_layers=10**9)
    for model,size in SMALL.items():
        works(makemore_train, 'all.txt', model=model, out=model, **size)
        works(makemore_sample, model, n=3, seed=1)


@pytest.mark.parametrize('model', ['mlp', 'wavenet', 'gru', 'transformer', 'net'])
def test_few(model):
    "Two hundred names are few, ten are fewer; both are said, and nothing else is bad"
    for n in (200, 10):
        write('few.txt', WORDS[:n])
        out = works(makemore_train, 'few.txt', model=model, out='few')
        dev = float(re.search(r'dev ([\d.]+)', out)[1])
        chance = math.log(len(load('few').vocab))
        assert ('worse than chance' in out)==(dev > chance) and 'was kept' in out
        if n==200: assert dev < chance


def test_kept_files(monkeypatch):
    "What was there stays, unless it is what the command writes"
    write('list.txt', WORDS[:100])
    for other in ('few.txt', 'list.txt'):
        if other=='few.txt': write(other, ['emma', 'ava'])
        before = Path(other).read_bytes()
        assert 'another kind' in refused(makemore_train, 'list.txt', out=other, **FEW)
        assert Path(other).read_bytes()==before
    assert 'another kind' in refused(makemore_compare, 'list.txt', out='list.txt')
    works(makemore_train, 'list.txt', out='m', **FEW)
    with monkeypatch.context() as m:
        m.setattr(os, 'access', lambda *a, **k: False)
        refused(makemore_train, 'list.txt', out='m')
    # A file of the user's that has the name of a lock
    Path('m.lock').write_text('mine')
    works(makemore_train, 'list.txt', out='m', **FEW)
    assert Path('m.lock').read_text()=='mine'


def special(name):
    "Something at that path which is no file"
    if name=='pipe': os.mkfifo(name)
    if name=='circle': Path(name).symlink_to(name)
    if name=='folder': Path(name).mkdir()
    return name


SPECIAL = {'pipe':'a pipe', 'circle':'a circle of links', 'folder':'a folder',
           '/dev/null':'a device', '/dev/zero':'a device', 'none':'no such file',
           'x'*300:'too long', 'nu\0ll':'no such file'}


@pytest.mark.parametrize('name', SPECIAL)
def test_special_files(name):
    "What isn't a file is called what it is, at once"
    what = SPECIAL[special(name)]
    for f in (makemore_sample, makemore_eval): assert what in refused(f, name)
    if name != 'pipe':  # which is waited for, as a corpus
        assert what in refused(makemore_train, name, out='m')
        assert what in refused(makemore_eval, 'mlp', name)
    if name not in ('none', 'nu\0ll'):
        refused(makemore_train, 'surnames', out=name, **FEW)
    write('list.txt', WORDS[:100])
    if name in ('pipe', 'circle', 'folder'):
        Path(name).rename('m.state')
        if name != 'circle': refused(makemore_train, 'list.txt', out='m', **FEW)
        refused(makemore_train, 'list.txt', out='m', resume=True, **FEW)


@pytest.mark.skipif(os.geteuid() != 0, reason='only root can become someone else')
def test_unreadable(folder):
    "Who may not read a file is told so"
    write('list.txt', WORDS[:100])
    works(makemore_train, 'list.txt', out='m', **FEW)
    for p in (folder, *folder.parents[:2]): os.chmod(p, 0o755)
    for file in ('m', 'list.txt'): os.chmod(file, 0)
    Path('shut').mkdir(mode=0)
    try:
        os.seteuid(65534)
        said = [refused(makemore_sample, 'm'), refused(makemore_train, 'list.txt'),
                refused(makemore_sample, 'shut/m'), refused(makemore_eval, 'mlp', 'shut/x')]
        no = refused(makemore_train, 'surnames', out='m', **FEW)
    finally: os.seteuid(0)
    for line in said: assert 'Permission denied' in line, line
    assert 'Permission denied' in no or "can't be written" in no


@pytest.mark.skipif(not os.path.exists('/proc/self/mem'), reason='no /proc')
def test_proc():
    for f in (makemore_sample, makemore_train):
        assert '/proc/self/mem' in refused(f, '/proc/self/mem')


def carded(path, **changes):
    "A bigram whose card says something else"
    from makemore_lit.checkpoints import save
    card = read_card(pretrained_path('bigram'))
    save(load(pretrained_path('bigram')), path, corpus={**card['corpus'], **changes})
    return path


def test_cards(monkeypatch):
    "A card opens no file; what it says is bounded"
    import hashlib
    secret = write('secret.txt', WORDS[:100])
    sha = hashlib.sha256(Path(secret).read_bytes()).hexdigest()
    carded('m', name=secret, source=secret, sha256=sha)
    assert '--corpus' in refused(makemore_eval, 'm')
    assert 'the dev part of secret.txt' in works(makemore_eval, 'm', corpus=secret)
    new = works(makemore_sample, 'm', n=50, unseen_only=True, corpus=secret, seed=1).split()
    assert len(new)==50 and unseen(new, WORDS[:100])==new
    other = write('other.txt', WORDS[100:200])
    assert "isn't the corpus" in refused(makemore_eval, 'm', corpus=other)
    assert 'not both' in refused(makemore_eval, 'm', secret, corpus=secret)
    assert 'unseen_only' in refused(makemore_sample, 'm', corpus=secret)
    with open('huge.txt', 'wb') as file: file.truncate(6*2**30)
    carded('m', name='huge.txt'*100_000, source='huge.txt', sha256='0'*10**6)
    start = time.perf_counter()
    assert len(refused(makemore_sample, 'm', unseen_only=True)) < 1200
    assert time.perf_counter() - start < 20
    assert 'gigabyte' in refused(makemore_eval, 'm', corpus='huge.txt')
    for odd in (None, 3, [1], {'name':{}, 'sha256':[]}):
        from makemore_lit.checkpoints import save
        save(load(pretrained_path('bigram')), 'm', corpus=odd)
        assert '--corpus' in refused(makemore_eval, 'm')


def test_offline(monkeypatch):
    "Each command gives its own advice, and says why the corpus can't be had"
    sha = '0'*64
    for kind in ('eval', 'sample'): carded(kind, name='names', sha256=sha)
    monkeypatch.setenv('MAKEMORE_LIT_DATA', '')
    monkeypatch.setenv('XDG_CACHE_HOME', 'none')
    monkeypatch.setitem(makemore_lit.corpora.CORPORA, 'names', (sha, 'data:,no'))
    for line,other in ((refused(makemore_eval, 'eval'), 'unseen_only'),
                       (refused(makemore_sample, 'sample', unseen_only=True), 'score')):
        assert 'data:,no' in line and 'MAKEMORE_LIT_DATA' in line and other not in line
    assert "can't be had" in refused(makemore_train, 'names', out='never', **FEW)
    assert said(makemore_train, out='other', **FEW)[0]==0
    assert read_card('other')['corpus']['name']=='surnames'


def test_sources():
    "What isn't a list is refused with what to do"
    for source,what in (('https://example.org/names.txt', 'download'), ('-', '/dev/stdin'),
                        ('~/names.txt', '~'), ('nmaes', 'surnames')):
        assert what in refused(makemore_train, source)
    Path('line.txt').write_bytes(b'a'*200_000_000)
    assert 'too few words' in refused(makemore_train, 'line.txt', out='m')


def test_sample():
    "What can't be drawn is refused; what is cut is marked"
    write('few.txt', ['emma', 'ava'])
    Path('cut').write_bytes(pretrained_path('mlp').read_bytes()[:5000])
    for args, kw in ((('none',), {}), (('.',), {}), (('cut',), {}), (('few.txt',), {}),
                     ((), dict(prompt='Émile')), ((), dict(temperature=0.)),
                     ((), dict(temperature=math.nan)), ((), dict(top_k=0)),
                     ((), dict(n=-1)), ((), dict(n=10**18)), ((), dict(seed=10**30)),
                     ((), dict(max_len=0)), ((), dict(max_len=3, prompt='abcd')),
                     (('transformer',), dict(prompt='wolfeschlegelstein'))):
        refused(makemore_sample, *args, **kw)
    assert refused(makemore_sample, 'mlp', prompt='.').startswith('makemore_sample: --prompt')
    # Lines of 150 letters: nothing is cut at 100
    write('long.txt', [''.join(random.Random(k).choices('abcde', k=150)) for k in range(12)])
    works(makemore_train, 'long.txt', model='gru', epochs=1, out='long')
    assert read_card('long')['longest']==150
    drawn = works(makemore_sample, 'long', n=300, seed=1, prompt='a'*140).splitlines()
    lengths = [len(w) for w in drawn]
    assert max(lengths) in (150, 151) and lengths.count(100)==0
    assert 'shorten' in refused(makemore_sample, 'long', prompt='a'*151)


def test_too_few_new():
    "What was found isn't thrown away, and the advice is the command's"
    write('dups.txt', ['ab', 'ba', 'aa', 'bb']*10)
    works(makemore_train, 'dups.txt', out='m', **FEW)
    status, out, err = said(makemore_sample, 'm', n=50, max_len=3, unseen_only=True,
                            corpus='dups.txt', seed=1)
    found = len(out.splitlines())
    assert (status, found)==(0, 50) or f'only {found} of 50' in err
    write('mia.txt', ['mia']*10)
    out = works(makemore_train, 'mia.txt', out='m', **FEW)
    assert 'nan' not in out and 'unseen -' in out
    status, out, err = said(makemore_sample, 'm', n=5, unseen_only=True, corpus='mia.txt',
                            seed=1, top_k=1)
    assert (status, out)==(2, '') and 'only 0 of 5' in err and 'exclude' not in err


def test_eval():
    write('one.txt', ['emma'])
    out = works(makemore_eval, 'gru', 'one.txt')
    assert 'one.txt: 1 name, 5 characters' in out and 'no interval' in out
    write('french.txt', ['émile', 'louis', 'zoé', 'albert'])
    write('long.txt', ['anna', 'wolfeschlegelstein'])
    for args in (('mlp', 'french.txt'), ('mlp', 'nmaes'), ('cut',), ('transformer', 'long.txt')):
        refused(makemore_eval, *args)
    out = works(makemore_eval, 'transformer', 'long.txt', known_only=True)
    assert 'long.txt (1 left out): 1 name, 5 characters' in out


SCRIPTS = ['Ἀλέξανδρος', 'محمد', 'שרה', '王小明', 'नेहा', 'Zoë', 'Łukasz', '김민준', 'อรุณ',
           '😀😎', 'ñandú', 'n\u0303andu\u0301', 'x'*5000]


def test_scripts():
    "Letters of any script, and a name of 5,000 of them"
    write('scripts.txt', SCRIPTS)
    for model, kw in (('ngram', {}), ('mlp', dict(epochs=10, lr=.05, n_embd=8, n_hidden=64))):
        works(makemore_train, 'scripts.txt', model=model, out='m', **kw)
        out = works(makemore_sample, 'm', n=200, seed=1)
        assert set(out) <= set(''.join(SCRIPTS)) | {'\n', '…'}
        # A network is kept as it was best on dev, and hasn't learned them by heart
        assert model=='mlp' or len(set(out.splitlines()) & set(SCRIPTS)) > 3
    known = load_corpus('scripts.txt')
    for w in known: assert Vocab(known).decode(Vocab(known).encode(w))==w


TOWNS = ['St. Louis', 'St. Paul', 'St. Cloud', 'Ft. Worth', 'Mt. Vernon', 'Port St. Lucie',
         'Washington D.C.', "Coeur d'Alene", 'Winston-Salem', 'J. R.', 'R.E.M.', '...']*3


@pytest.mark.parametrize('model', MODELS)
def test_dots(model):
    "A dot is a character like any other, for each kind of model"
    write('towns.txt', TOWNS)
    few = {} if model in ('bigram', 'ngram', '5-gram') else dict(epochs=20)
    works(makemore_train, 'towns.txt', model=model, out='m', **few)
    names = works(makemore_sample, 'm', n=100, prompt='St. ', seed=1).splitlines()
    assert (len(names), {w[:4] for w in names})==(100, {'St. '})
    assert '' not in works(makemore_sample, 'm', n=300, seed=1).split('\n')[:-1]
    table = works(makemore_eval, 'm', 'towns.txt', by_name=True).splitlines()
    assert [line.split('\t')[0] for line in table]==TOWNS
    assert load('m').vocab.itos[0]=='·'


def test_compare(monkeypatch):
    "All kinds on few names; the rows for programs"
    write('hundreds.txt', WORDS[:200])
    out = works(makemore_compare, 'hundreds.txt', out='rows.json')
    assert (out.count(' *\n'), out.count('too good'))==(6, 1)
    assert [r['model'] for r in json.loads(Path('rows.json').read_text())]==list(RECIPES)
    for source in ('nmaes', '.'): refused(makemore_compare, source)
    refused(makemore_compare, 'hundreds.txt', out='none/rows.json')


def test_ngram():
    "The loss of the recipe, to four decimals"
    train, dev, _ = split_words(WORDS)
    loss = nll(trained(RECIPES['5-gram'], train, Vocab(WORDS)), dev)
    if WORDS.name=='names': assert loss==pytest.approx(2.0575, abs=5e-5)
    else: assert loss < 2.5


SHELL = """
import sys
from makemore_lit import results, cli
for k in list(results.RECIPES):
    if k not in ('bigram', '5-gram'): del results.RECIPES[k]
cli.makemore_compare.main()
"""


def test_pipes():
    "Input and output by pipes, closed and full; many commands in one shell"
    Path('compare.py').write_text(SHELL)
    out, err, _ = shell('seq 1000 1100 | python compare.py /dev/stdin --out rows.json | head -n 1')
    assert (out, err)==('stdin: 101 words\n', '')
    # Written, though nobody read on
    assert len(json.loads(Path('rows.json').read_text()))==2
    write('few.txt', ['emma', 'ava'])
    # Nobody can read the error
    assert shell('python compare.py few.txt 2>&-')==('', '', 2)
    out, err, status = shell('python compare.py few.txt 2>/dev/full; echo $?')
    assert (out, err)==('2\n', '')
    write('part.txt', WORDS[:200])
    rows = shell('python compare.py part.txt --out >(cat >&2)')[1]
    assert len(json.loads(rows))==2
    out, err, status = shell('python compare.py part.txt > /dev/full; echo $? >&2')
    assert err.splitlines()[-1]=='2' and 'No space left' in err
    assert err.count('\n')==2, err


def test_scripts_of_the_shell(report):
    "The installed scripts, `python -m`, pipes, threads, locales"
    out, err, status = shell('set -o pipefail; makemore_sample bigram --n 20000 | head -n 1')
    assert (err, status)==('', 0)
    alike = [shell(f'{c} --n 3 --seed 1') for c in
             ('makemore_sample', 'python -m makemore_lit sample')]
    assert alike[0]==alike[1] and alike[0][1:]==('', 0)
    code = ("import torch; from makemore_lit.cli import makemore_sample; "
            "makemore_sample.main(['--n', '0']); print(torch.get_num_threads())")
    for threads in ('', '2'):
        set_ = f'OMP_NUM_THREADS={threads}' if threads else 'unset OMP_NUM_THREADS;'
        assert shell(f'{set_} python -c "{code}"')==(f"{threads or '1'}\n", '', 0)
    start = time.perf_counter()
    out, err, status = shell('python -m makemore_lit.cli train --help', COLUMNS='80')
    assert (status, err)==(0, '') and max(map(len, out.splitlines())) <= 80
    report(f'--help took {time.perf_counter() - start:.1f} s')


def test_locales():
    "Prompts work, and nothing that is printed is lost, in any locale"
    write('names.txt', ['Łódź', 'Kraków', 'Gdańsk']*10)
    works(makemore_train, 'names.txt', out='m', model='5-gram')
    c = dict(LC_ALL='C', PYTHONUTF8='0', PYTHONCOERCECLOCALE='0')
    out, err, status = shell('makemore_sample m --prompt Łó --seed 1 --json --n 2; '
                             'makemore_sample m --prompt Łó --seed 1 --n 1', **c)
    assert (err, status)==('', 0) and out.isascii() and '?' not in out
    rows = json.loads(out[:out.rindex(']') + 1])
    assert all(r['name'].startswith('Łó') for r in rows)
    assert out.splitlines()[-1].encode().decode('unicode_escape').startswith('Łó')


def test_version():
    for f in (makemore_train, makemore_sample, makemore_eval, makemore_compare):
        assert works(f, '--version').startswith('makemore_lit ')
    assert works(makemore_sample, 'mlp', '--max-len', '3', seed=1, n=2)==works(
        makemore_sample, 'mlp', '--max_len', '3', seed=1, n=2)
    assert 'unrecognized' in refused(makemore_sample, 'mlp', '--max-length', '3')


def test_values_that_are_none():
    "A value that argparse loses, a length that can't be, losses that are no numbers"
    from makemore_lit.checkpoints import save
    write('some.txt', WORDS[:50])
    status, out, err = said(makemore_train, 'some.txt', '--model=mlp', '--block_size=--')
    assert (status, out, err.count('\n'))==(2, '', 1) and '--block_size' in err
    model = load(pretrained_path('bigram'))
    for longest in (2**63, 10**30, -5, True, 'x'):
        save(model, 'm', longest=longest)
        assert len(works(makemore_sample, 'm', n=3, seed=1).splitlines())==3
    net = load(pretrained_path('mlp'))
    for p in net.parameters(): p.data.fill_(3e38)
    save(net, 'm')
    for how in ({}, dict(by_name=True)):
        assert 'no numbers' in refused(makemore_eval, 'm', 'some.txt', **how)


def test_scores_of_a_state():
    "A state without its losses on dev, or with some twice, or without its best state"
    from makemore_lit.counts import BigramNet, count_contexts
    from makemore_lit.data import seeded
    from makemore_lit.descent import fit
    vocab, kept = Vocab(WORDS[:60]), []
    tables = [count_contexts(part, vocab, 1) for part in (WORDS[:40], WORDS[40:60])]
    def run(**kw):
        fit(BigramNet(vocab, g=seeded()), tables[0], dev=tables[1], epochs=30, lr=.1,
            best=True, **kw)
    run(after_step=lambda r: kept.append(r.state()) or r.step==9)
    state = kept[-1]
    run(resume=state)
    assert [int(k) for k,_ in state['dev']]==[1, 2, 4, 6, 8]
    for dev in (state['dev'][:0].reshape(0, 2), torch.cat([state['dev']]*2), state['dev'][1:]):
        with pytest.raises(ValueError, match='dev'): run(resume={**state, 'dev': dev})
    without = {k: t for k,t in state.items() if not k.startswith('best.')}
    with pytest.raises(ValueError, match='best state'): run(resume=without)


def test_merge_into_a_pipe():
    os.mkfifo('fifo')
    assert 'not a regular file' in refused(makemore_merge, '5-gram', '5-gram', out='fifo')


def test_a_line_that_is_too_long():
    "What couldn't be saved isn't trained"
    write('long.txt', [*WORDS[:20], 'a'*1001])
    said_so = refused(makemore_train, 'long.txt', model='transformer', epochs=1, out='m')
    assert '1,002 places' in said_so and not Path('m.state').exists()


def test_any_length_of_a_header():
    "A checkpoint may begin with the bytes of a pickle: they are its header's length"
    from makemore_lit.checkpoints import save
    model, first = load(pretrained_path('bigram')), set()
    for k in range(600):
        save(model, 'm', note='x'*k)
        first.add(Path('m').read_bytes()[:2])
        load('m')
    assert b'\x80\x03' in first


def test_what_is_good_stays(monkeypatch):
    "A training that ends in no numbers, or goes to another kind of file, replaces nothing"
    write('some.txt', WORDS[:60])
    small = dict(model='mlp', n_hidden=4, n_embd=2, epochs=1, out='m')
    works(makemore_train, 'some.txt', **small)
    good = Path('m').read_bytes()
    for lr,loss in ((1e37, nll), (.01, lambda model, part: math.nan)):
        monkeypatch.setattr(cli, 'nll', loss)
        status, _, err = said(makemore_train, 'some.txt', **small | dict(epochs=3), lr=lr)
        assert (status, err.count('\n'))==(2, 1) and Path('m').read_bytes()==good
        Path('m.state').unlink(missing_ok=True)
    from safetensors.torch import save_file
    save_file({'a': torch.ones(2)}, 'foreign')
    save_file({'a': torch.ones(2)}, 'x.state', {'makemore_lit_training': '{}'})
    for out in ('foreign', 'x.state'):
        before = Path(out).read_bytes()
        assert 'another kind' in refused(makemore_train, 'some.txt', model='bigram', out=out)
        assert 'another kind' in refused(makemore_merge, '5-gram', '5-gram', out=out)
        assert Path(out).read_bytes()==before


@pytest.mark.parametrize('length, what', [(201, '200 at most'), (240, '200 at most'),
                                          (255, '200 at most'), (256, 'shorter')])
def test_long_name_of_a_file(length, what):
    "A name that leaves no room for a lock's and a state's is refused before all work"
    write('list.txt', WORDS[:100])
    assert what in refused(makemore_train, 'list.txt', out='x'*length, **FEW)
    assert [p.name for p in Path().iterdir()]==['list.txt']
    works(makemore_train, 'list.txt', out='x'*200, **FEW)
    Path('x'*200 + '.state').touch()
    assert 'unfinished' in refused(makemore_train, 'list.txt', out='x'*200, **FEW)


def test_full_disk(monkeypatch):
    "The error says which file has no room; the old one stays"
    write('list.txt', WORDS[:100])
    works(makemore_train, 'list.txt', out='m', **FEW)
    before = Path('m').read_bytes()
    def full(*args): raise OSError(28, 'No space left on device')
    monkeypatch.setattr(os, 'fsync', full)
    said = refused(makemore_train, 'list.txt', out='m', seed=2, **FEW)
    assert f'{Path("m").resolve()}: No space left' in said and 'make room' in said
    assert Path('m').read_bytes()==before and len(list(Path().iterdir()))==2


def test_advice_after_a_bad_end_of_what_went_on(monkeypatch):
    "A rate can't be lowered with --resume; so the advice is to begin anew"
    write('list.txt', WORDS[:300])
    def broken(*args, **kwargs): raise FloatingPointError('the loss is nan; lower lr')
    monkeypatch.setattr(cli, 'trained', broken)
    monkeypatch.setattr(cli, 'load_training', lambda *a, **k: {})
    assert 'begin anew' not in refused(makemore_train, 'list.txt', out='m')
    Path('m.state').touch()
    said = refused(makemore_train, 'list.txt', out='m', resume=True)
    assert 'lower lr or weight_decay, delete m.state and begin anew' in said, said
    assert Path('m.state').exists()


def test_long_lines():
    "One name of 20,000 letters is read in a moment, and so are names that don't end"
    write('long.txt', ['anna'*5000])
    write('list.txt', ['ab'*5000, *WORDS[:100]])
    works(makemore_train, 'list.txt', out='m', model='gru', n_hidden=8, epochs=1)
    def size():
        "The most memory that this process has taken, in kB"
        return int(re.search(r'VmHWM:\s+(\d+)', Path('/proc/self/status').read_text())[1])
    before = size()
    out = works(makemore_eval, 'gru', 'long.txt')
    assert '1 name, 20,001 characters' in out
    assert size() - before < 300_000
    out = works(makemore_sample, 'm', n=3, seed=1, top_k=1)
    assert all(len(line) <= 1001 for line in out.splitlines())
    out = works(makemore_sample, 'm', n=1, seed=1, max_len=3000, top_k=1)
    assert len(out) <= 3002


@pytest.mark.parametrize('seed', [-1, 2**64, 10**30])
def test_seed_that_is_none(seed):
    "It is refused before any work, and nothing is replaced"
    write('list.txt', WORDS[:100])
    works(makemore_train, 'list.txt', out='m', **FEW)
    before = Path('m').read_bytes()
    for model in ('5-gram', 'mlp'):
        assert '--seed' in refused(makemore_train, 'list.txt', out='m', model=model, seed=seed)
    assert Path('m').read_bytes()==before
    for f,args in ((makemore_sample, ['m']), (makemore_eval, ['m', 'list.txt']),
                   (makemore_compare, ['list.txt'])):
        assert '--seed' in refused(f, *args, seed=seed)
    works(makemore_sample, 'm', seed=2**64 - 1)


def test_model_with_the_name_of_a_state():
    "It is neither replaced nor deleted, nor is its name taken while a training goes on"
    write('list.txt', WORDS[:300])
    works(makemore_train, 'list.txt', out='m.state', **FEW)
    before = Path('m.state').read_bytes()
    for more in ({}, dict(resume=True)):
        said = refused(makemore_train, 'list.txt', out='m', model='mlp', **more)
        assert 'm.state' in said
        assert ('no training state' if more else 'give another name') in said
    assert Path('m.state').read_bytes()==before
    long = dict(model='mlp', epochs=10**6)
    began = time.time()
    pid = forked(makemore_train, 'list.txt', out='n', **long)
    assert when(pid, newer('n.state', began))
    for f,args in ((makemore_train, ['list.txt']), (makemore_merge, [pretrained_path('5-gram')])):
        for out in ('n', 'n.state'):
            said = refused(f, *args, out=out, **FEW if f is makemore_train else {})
            assert 'another' in said
    os.kill(pid, signal.SIGTERM)
    assert ended(pid)[0]==143 and Path('n.state').exists()


def test_signal_that_a_library_swallows(monkeypatch):
    "A command that was stopped ends so, whatever came of it on the way"
    def swallowed(path):
        try: os.kill(os.getpid(), signal.SIGTERM)
        except BaseException as e: raise ValueError('no shape') from e
    monkeypatch.setattr(cli, 'load', swallowed)
    status, out, err = said(makemore_sample, 'bigram')
    assert (status, out, err)==(143, '', '')


def test_merge_into_one_of_the_tables():
    "It would be lost, and counted twice the next time"
    write('list.txt', WORDS[:100])
    works(makemore_train, 'list.txt', out='a', model='5-gram')
    Path('link').symlink_to('a')
    before = Path('a').read_bytes()
    for out in ('a', './a', 'link'):
        assert 'one of the tables' in refused(makemore_merge, 'a', '5-gram', out=out)
    assert Path('a').read_bytes()==before


def test_impossible_names():
    "An infinite loss is one, and whose it is, is said"
    write('list.txt', ['emma', 'ava', 'ab', 'ba', *WORDS[:20]])
    from makemore_lit.checkpoints import save
    from makemore_lit.counts import Bigram
    words = ['emma', 'ava', 'ab']
    model = Bigram(Vocab(['abcdefghijklmnopqrstuvwxyzAEIOUÀéñ -']))
    save(model.fit(model.table(words, model.vocab)), 'm')
    write('few.txt', [*words, 'zoe'])
    assert 'impossible, for this model: 1 of them' in works(makemore_eval, 'm', 'few.txt')
    write('few.txt', words)
    assert 'impossible' not in works(makemore_eval, 'm', 'few.txt')


@pytest.mark.parametrize('device', ['meta', 'mkldnn', 'abacus', 'CPU', ''])
def test_device_that_is_none(device):
    "One line, which says what can be"
    write('list.txt', WORDS[:100])
    said = refused(makemore_train, 'list.txt', device=device, **FEW)
    assert 'give cpu, cuda or mps' in said


@pytest.mark.parametrize('option', ['--help', '--version'])
def test_help_that_cannot_be_written(option):
    "It is an error, in one line"
    for command in (f'makemore_sample {option}', f'python -m makemore_lit {option}'):
        out, err, status = shell(f'{command} > /dev/full; echo $?')
        assert out=='2\n' and err.count('\n')==1 and 'No space left' in err, err


@pytest.mark.parametrize('text', ['[project]\nname = "x"\n', '[link](x.md)', '[1, 2, 3]',
                                  '[{"a": 1}]'])
def test_table_onto_another_file(text):
    "Only a table of this command is replaced by one"
    write('list.txt', WORDS[:100])
    Path('x').write_text(text)
    assert 'another kind' in refused(makemore_compare, 'list.txt', out='x')
    assert Path('x').read_text()==text
    for rows in ([], [dict(model='mlp', train=1.)]):
        Path('x').write_text(cli._rows_as_json(rows))
        cli._writable('x', 'list.txt')


def test_file_with_the_name_of_a_lock():
    "It is the user's, and stays"
    lock = write('.makemore_lit.m.lock', WORDS[:100])
    assert 'rename it' in refused(makemore_train, lock, out='m', **FEW)
    assert len(load_corpus(lock))==100


def test_limited_memory():
    "`ulimit -v` is a limit, too: a model that can't be trained under it is refused at once"
    write('list.txt', WORDS[:100])
    out, err, status = shell('ulimit -v 8000000; makemore_train list.txt --model mlp '
                             '--n_hidden 20000 --n_embd 2000 --epochs 1; echo $?')
    assert out=='2\n' and err.count('\n')==1 and 'GB in training' in err, err
    assert not list(Path().glob('.makemore*'))
    # Under another, torch itself can't be imported.
    out, err, status = shell('ulimit -v 200000; makemore_sample bigram; echo $?')
    assert out=='2\n' and err.count('\n')==1 and 'memory' in err, err


def test_empty_names():
    "They are shown, so that one sees what is missing"
    for f,args in ((makemore_sample, ['']), (makemore_train, ['']), (makemore_eval, ['gru', '']),
                   (makemore_compare, [''])):
        assert refused(f, *args).startswith(f"{f.__name__}: '': no such file")
    assert "--out ''" in refused(makemore_train, out='')


def test_state_without_tensors():
    "It is none to go on from, and isn't deleted"
    from safetensors import safe_open
    from safetensors.torch import save_file
    write('list.txt', WORDS[:300])
    began, how = time.time(), dict(model='mlp', epochs=10**5)
    pid = forked(makemore_train, 'list.txt', out='m', **how)
    assert when(pid, newer('m.state', began))
    os.kill(pid, signal.SIGTERM)
    assert ended(pid)[0]==143
    with safe_open('m.state', 'pt') as f: card = f.metadata()
    save_file({}, 'm.state', card)
    assert 'm.state' in refused(makemore_train, 'list.txt', out='m', resume=True, **how)
    assert Path('m.state').exists()


def test_names_that_are_not_utf8():
    "What could be written but not read is refused before; a file that is there, too"
    write('list.txt', WORDS[:100])
    works(makemore_train, 'list.txt', out='m', **FEW)
    name = os.fsdecode(b'\xff.st')
    assert 'UTF-8' in refused(makemore_train, 'list.txt', out=name, **FEW)
    assert 'UTF-8' in refused(makemore_merge, '5-gram', out=name)
    Path(name).write_bytes(Path('m').read_bytes())
    assert 'rename it' in refused(makemore_eval, name, 'list.txt')


def test_out_through_the_shell():
    "/dev/stdout may be a file, into which the report goes as well"
    write('list.txt', WORDS[:100])
    Path('link').symlink_to('/dev/stdout')
    for out in ('/dev/stdout', '//dev/stdout', 'link', '/dev/fd/1', '/proc/self/fd/1'):
        text, err, status = shell(f'makemore_train list.txt --model bigram --out {out} > f; echo $?')
        assert text=='2\n' and 'not a regular file' in err and Path('f').stat().st_size==0


@pytest.mark.parametrize('ignored', [False, True])
def test_closed_terminal(ignored):
    "SIGHUP stops a training as SIGTERM does; under `nohup` it doesn't"
    write('list.txt', WORDS[:300])
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN if ignored else signal.SIG_DFL)
    began = time.time()
    try: pid = forked(makemore_train, 'list.txt', out='m', model='mlp', epochs=10**6)
    finally: signal.signal(signal.SIGHUP, before)
    assert when(pid, newer('m.state', began))
    os.kill(pid, signal.SIGHUP)
    if ignored:
        time.sleep(.3)
        os.kill(pid, signal.SIGTERM)
    status, errors = ended(pid)
    assert status==(143 if ignored else 129) and 'go on with --resume' in errors
    assert Path('m.state').exists() and not list(Path().glob('.makemore*'))
