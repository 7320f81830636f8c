"""Write nbs/assets/names.safetensors: a Bloom filter (Bloom 1970) of the corpus
`names`, with which the playground marks real names."""
import json, sys
from pathlib import Path
import numpy as np
from safetensors.numpy import save
from makemore_lit.corpora import load_corpus, write_atomic

PATH = Path(__file__).resolve().parent.parent/'nbs'/'assets'/'names.safetensors'
BYTES, HASHES = 36_864, 7


def fnv(data, h):
    "FNV-1a of some bytes, 32 bits, begun with `h`, its bits mixed once more"
    for byte in data: h = (h ^ byte)*0x01000193 & 0xffffffff
    h = (h ^ h >> 16)*0x85ebca6b & 0xffffffff
    return h ^ h >> 13


def places(word):
    "The bits of a word, as in nbs/assets/bloom.js"
    a, b = (fnv(word.encode(), start) for start in (0x811c9dc5, 0x01000193))
    return [(a + i*b)%(8*BYTES) for i in range(HASHES)]


def bloom(words):
    "The content of the file"
    bits = np.zeros(BYTES, np.uint8)
    for word in set(words):
        for at in places(word): bits[at >> 3] |= 1 << (at & 7)
    return save({'bits': bits}, {'makemore_lit_bloom': json.dumps(dict(hashes=HASHES))})


def main():
    "Write it"
    corpus = load_corpus()
    if corpus.name != 'names':
        sys.exit('tools/bloom.py: needs the corpus names; see data/README.md')
    write_atomic(PATH, bloom(corpus))


if __name__ == '__main__': main()
