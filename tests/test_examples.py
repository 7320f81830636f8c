"The examples in the modules' docstrings give what they say."
import doctest, importlib
import pytest
from workcopy import ROOT

MODULES = sorted(p.stem for p in (ROOT/'makemore_lit').glob('[!_]*.py'))
EXAMPLES = {  # functions that everybody meets first, which have an example each
    'corpora': ['Corpus', 'parse_words'], 'data': ['Vocab', 'split_words', 'windows'],
    'charts': ['markdown_table', 'check_answer'],
    'counts': ['dense_rows', 'ContextCounts', 'count_contexts', 'nll', 'surprise',
               'sample', 'Wrapped'],
    'contexts': ['suffix_counts', 'NGram', 'name_nll'], 'mlp': ['check_shapes', 'MLP'],
    'descent': ['AdamW', 'fit', 'clipped'],
    'backprop': ['rule', 'backward', 'unbroadcast', 'Var'],
    'wavenet': ['FlattenConsecutive', 'distinct_logits'],
    'recurrent': ['RNNCell', 'GRUCell', 'NameTable', 'Recurrent'],
    'attention': ['attend', 'LayerNorm', 'Attention', 'Block', 'Transformer'],
    'results': ['show_rows'],
    'checkpoints': ['save', 'load']}


@pytest.mark.parametrize('name', MODULES)
def test_examples(name):
    "Each example of a module"
    module = importlib.import_module(f'makemore_lit.{name}')
    assert doctest.testmod(module).failed==0


@pytest.mark.parametrize('name, symbol', [(m, s) for m,ss in EXAMPLES.items() for s in ss])
def test_has_example(name, symbol):
    "The main functions and classes have one"
    thing = getattr(importlib.import_module(f'makemore_lit.{name}'), symbol)
    assert '>>> ' in thing.__doc__
