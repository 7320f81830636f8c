// Drawing names, so that the same seed gives the same names as `makemore_lit.counts.sample` in Python.

/** The Mersenne Twister (Matsumoto and Nishimura 1998), which is what torch draws from on the CPU. */
export class Generator {
  constructor(seed) {
    this.state = new Uint32Array(624)
    this.state[0] = seed
    for (let i = 1; i < 624; i++) {
      const x = this.state[i - 1] ^ (this.state[i - 1] >>> 30)
      this.state[i] = Math.imul(1812433253, x) + i
    }
    this.at = 624
  }

  twist() {
    const s = this.state
    for (let i = 0; i < 624; i++) {
      const x = (s[i] & 0x80000000) | (s[(i + 1)%624] & 0x7fffffff)
      s[i] = s[(i + 397)%624] ^ (x >>> 1) ^ (x & 1 ? 0x9908b0df : 0)
    }
    this.at = 0
  }

  /** A uniform number from 0 to below 1, as `torch.rand` makes it: 24 bits of 32. */
  rand() {
    if (this.at === 624) this.twist()
    let x = this.state[this.at++]
    x ^= x >>> 11
    x ^= (x << 7) & 0x9d2c5680
    x ^= (x << 15) & 0xefc60000
    x ^= x >>> 18
    return (x & 0xffffff)/2**24
  }
}

/** The scores of all characters at a temperature, the highest of them 0; with `topK` only the likeliest keep theirs. */
function scored(logits, temperature, topK) {
  const top = Math.max(...logits), scores = logits.map(x => (x - top)/temperature)
  if (!topK) return scores
  const least = [...scores].sort((a, b) => b - a)[Math.min(topK, scores.length) - 1]
  return scores.map(x => x < least ? -Infinity : x)
}

/** The probabilities by which a character is drawn. */
export function tempered(logits, temperature, topK = 0) {
  const odds = scored(logits, temperature, topK).map(Math.exp)
  const sum = odds.reduce((a, b) => a + b)
  return odds.map(x => x/sum)
}

/** The character that a uniform number `u` picks: where the running sum of probabilities first exceeds it. */
function pick(logits, u, temperature, topK) {
  let sum = 0
  const cdf = scored(logits, temperature, topK).map(x => sum += Math.exp(x))
  return cdf.findIndex(x => x > u*sum)
}

/** Draw `n` names at once, each begun with the numbers in `prompt`; after each step the generator yields all of them so far, and what is
    still open. */
export function* sampling(model, n, {temperature = 1, topK = 0, seed = 0, maxLen = 100, prompt = []}) {
  const g = new Generator(seed), T = model.blockSize, most = Math.min(maxLen, model.longest ?? maxLen)
  const texts = Array.from({length: n}, () => [...new Array(T).fill(0), ...prompt])
  const words = () => texts.map(t => t.slice(T).filter(i => i > 0).map(i => model.itos[i]).join(''))
  let open = texts
  for (let t = prompt.length; t < most && open.length; t++) {
    for (const text of open) {
      const logits = model.logits(model.wholeNames ? text : text.slice(-T))
      if (t === 0) logits[0] = -Infinity  // no name is empty
      text.push(pick(logits, g.rand(), temperature, topK))
    }
    open = open.filter(text => text[text.length - 1] > 0)
    yield {words: words(), open: t + 1 < most ? open.length : 0}  // what is still open at the end is cut there
  }
}
