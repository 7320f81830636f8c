"The trainings of `make results`: each is run once, and anew only if it has changed"
import json
import pytest
import torch
import results
from makemore_lit.contexts import Mixture, NGram
from makemore_lit.counts import BigramNet, count_contexts
from makemore_lit.data import seeded, split_words


@pytest.fixture
def small(monkeypatch, tmp_path):
    "A folder of its own, and three short trainings"
    monkeypatch.setattr(results, 'KEPT', tmp_path)
    monkeypatch.setitem(results.ALL, 'net', (BigramNet, {}, dict(epochs=2, lr=.3)))
    return [results.Job('bigram'), results.Job('net', '1/16', 2), results.Job('5-gram')]


def test_once(small, tmp_path):
    for job in small: results.found(job)
    files = {p: p.stat().st_mtime_ns for p in tmp_path.iterdir()}
    assert len([p for p in files if p.suffix=='.json'])==3
    for job in small: results.found(job)
    assert files=={p: p.stat().st_mtime_ns for p in tmp_path.iterdir()}
    found = json.loads((tmp_path/f'{small[1].key()}.json').read_text())
    assert (found['model'], found['part'], found['seed'])==('net', '1/16', 2)
    assert 2 < found['dev'] < 5


def test_key(small, monkeypatch):
    job, keys = small[1], set()
    for change in ({}, dict(seed=3), dict(part='1/8'), dict(sizes=(('n_hidden', 3),))):
        keys.add(job._replace(**change).key())
    monkeypatch.setitem(results.ALL, 'net', (BigramNet, {}, dict(epochs=3, lr=.3)))
    keys.add(job.key())
    monkeypatch.setattr(results, 'code', lambda module: 'other code')
    keys.add(job.key())
    assert len(keys)==6


def test_code(monkeypatch, tmp_path):
    "A comment or a docstring isn't code; what a module imports belongs to it"
    package = tmp_path/'makemore_lit'
    package.mkdir()
    real = results.ROOT/'makemore_lit'
    for path in real.glob('*.py'): (package/path.name).write_text(path.read_text())
    monkeypatch.setattr(results, 'ROOT', tmp_path)
    assert {'attention', 'recurrent', 'mlp', 'counts'} <= results.modules('attention')
    assert 'contexts' not in results.modules('attention')
    def hashed():
        results.code.cache_clear()
        return results.code('attention')
    before, path = hashed(), package/'recurrent.py'
    text = path.read_text()
    path.write_text(text.replace('"""A random matrix', '"""Some matrix') + '# more\n')
    assert hashed()==before
    path.write_text(text.replace('Q*R.diagonal().sign()', 'Q'))
    assert hashed() != before
    path.write_text(text)
    (package/'contexts.py').write_text('')
    assert hashed()==before
    monkeypatch.undo()
    results.code.cache_clear()


def test_mixed(small):
    "The weights are those that `Mixture` finds"
    train, dev, _ = split_words(results.words)
    vocab, dev = results.Vocab(results.words), dev[:300]
    counts = count_contexts(train, vocab, 6)
    models = [NGram(vocab, T).fit(counts) for T in (2, 6)]
    nats = torch.stack([results.surprises(m, dev)[0] for m in models])
    mixture = Mixture(models).fit(count_contexts(dev, vocab, 6), steps=300)
    torch.testing.assert_close(results.fitted_weights((-nats).exp()).float(),
                               mixture.weights.float(), rtol=0, atol=1e-3)


def test_packed():
    nats = torch.rand(1000, generator=seeded())*12
    assert (results.packed(nats, 1000)/1000 - nats).abs().max() < 6e-4
    words = ['ab', '', 'c']
    each = results.by_name(torch.tensor([1., 2., 3., 4., 5., 6.]), words)
    assert each.tolist()==[6., 4., 11.]
