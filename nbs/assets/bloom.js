// A Bloom filter (Bloom 1970): a set of words in a few bits each. It never forgets a word, and sometimes knows one too many.

/** Two hashes of a word (FNV-1a, from two beginnings), 32 bits each. */
function hashes(word) {
  return [0x811c9dc5, 0x01000193].map(start => {
    let h = start
    for (const byte of new TextEncoder().encode(word)) h = Math.imul(h ^ byte, 0x01000193)
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
    return (h ^ (h >>> 13)) >>> 0
  })
}

export class Bloom {
  constructor({metadata, tensors: {bits}}) {
    Object.assign(this, {k: JSON.parse(metadata.makemore_lit_bloom).hashes, bits: bits.data})
  }

  has(word) {
    const m = 8*this.bits.length, [a, b] = hashes(word)
    for (let i = 0; i < this.k; i++) {
      const at = (a + i*b)%m  // below 2⁵³, so exact
      if (!(this.bits[at >> 3] & (1 << (at & 7)))) return false
    }
    return true
  }

  /** The probability that a word that isn't in the set is taken for one that is. */
  get errorRate() {
    let ones = 0
    for (let byte of this.bits) for (; byte; byte &= byte - 1) ones++
    return (ones/(8*this.bits.length))**this.k
  }
}
