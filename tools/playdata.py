"""Write nbs/assets/dev.safetensors: what the playground measures with. The dev names as
counts of what followed each three letters, and the weights by which the shipped models
are mixed. (The train names' counts are the third level of the shipped 5-gram.)"""
import json, sys
from pathlib import Path
import numpy as np
from safetensors.numpy import save
from makemore_lit.checkpoints import PRETRAINED, pretrained
from makemore_lit.contexts import Mixture
from makemore_lit.corpora import load_corpus, write_atomic
from makemore_lit.counts import count_contexts, nll
from makemore_lit.data import split_words

PATH = Path(__file__).resolve().parent.parent/'nbs'/'assets'/'dev.safetensors'
T = 3


def packed(counts):
    "The rows of some counts: each context as one number, then where its pairs begin"
    V = len(counts.vocab)
    code = sum(counts.x[:, t].numpy()*V**(T - 1 - t) for t in range(T))
    # Rising numbers are kept as differences, which are small.
    code, start = (np.diff(x, prepend=0).astype(np.int16)
                   for x in (code, counts.start.numpy()))
    return dict(code=code, start=start, next=counts.char.numpy().astype(np.uint8),
                weight=counts.weight.numpy().astype(np.int16))


def mixed(words):
    "The shipped models as one, with the weights that are best for `words`"
    mixture = Mixture([pretrained(name) for name in PRETRAINED])
    return mixture.fit(count_contexts(words, mixture.vocab, mixture.block_size))


def main():
    "Write it"
    corpus = load_corpus()
    if corpus.name != 'names':
        sys.exit('tools/playdata.py: needs the corpus names; see data/README.md')
    dev = split_words(corpus)[1]
    mixture = mixed(dev)
    said = dict(models=list(PRETRAINED), dev=nll(mixture, dev),
                weights=[round(w, 6) for w in mixture.weights.double().tolist()])
    counts = count_contexts(dev, mixture.vocab, T)
    write_atomic(PATH, save(packed(counts), {'makemore_lit_play': json.dumps(said)}))


if __name__ == '__main__': main()
