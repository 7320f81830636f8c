// The models of the book from their checkpoints. A context is an array of character numbers as long as the model's
// block size, or all since the boundary for a model of whole names; 0 is the boundary; `logits(context)` scores every next character.

import {fetchTensors} from './safetensors.js'

/** Character counts with `alpha` added to each: the last character's row, as log-probabilities. */
class Bigram {
  constructor({config: {alpha}}, {n}) { Object.assign(this, {alpha, n, blockSize: 1}) }

  logits(context) {
    const V = this.n.shape[1], last = context[context.length - 1]
    const row = Array.from(this.n.data.subarray(last*V, (last + 1)*V), x => x + this.alpha)
    const total = row.reduce((a, b) => a + b)
    return row.map(x => Math.fround(Math.log(total > 0 ? x/total : 1/V)))
  }
}

/** Counts of contexts of 0 to T characters, interpolated by absolute discounting, as log-probabilities. */
class NGram {
  constructor({config: {block_size, discount}, vocab}, tensors) {
    Object.assign(this, {discount, blockSize: block_size, V: [...vocab].length + 1})
    const part = k => Object.fromEntries(['key', 'start', 'next', 'weight'].map(name => [name, tensors[`${k}.${name}`].data]))
    this.levels = Array.from({length: block_size + 1}, (_, k) => part(k))
  }

  logits(context) {
    const p = new Float32Array(this.V).fill(1/this.V)  // single precision, as in Python, so that ties stay ties
    let node = 0
    for (const [k, {key, start, next, weight}] of this.levels.entries()) {
      node = find(key, k ? node*this.V + context[context.length - k] : node)
      if (node < 0) break  // a context never seen: what is known of the shorter one stands
      const entries = Array.from({length: start[node + 1] - start[node]}, (_, i) => start[node] + i)
      const total = entries.reduce((sum, e) => sum + weight[e], 0), passed = this.discount*entries.length
      const n = new Float64Array(this.V)
      for (const e of entries) n[next[e]] = Math.max(weight[e] - this.discount, 0)
      for (let c = 0; c < this.V; c++) p[c] = (n[c] + passed*p[c])/total
    }
    return Array.from(p, x => Math.fround(Math.log(x)))
  }
}

/** The place of `value` in a rising array, or -1. */
function find(sorted, value) {
  let low = 0, high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle] < value) low = middle + 1
    else high = middle
  }
  return sorted[low] === value ? low : -1
}

const gelu = x => .5*x*(1 + Math.tanh(Math.sqrt(2/Math.PI)*(x + .044715*x**3)))

/** The MLP and the WaveNet. Both join neighbours until one place is left; the MLP joins all of them at once. */
class Network {
  constructor({config}, tensors) {
    if (config.batchnorm) throw new Error("a network with BatchNorm can't be run here")
    this.blockSize = config.block_size
    this.activation = config.activation === 'gelu' ? gelu : Math.tanh
    this.C = tensors['0.C']
    const at = Object.keys(tensors).filter(k => k.endsWith('.W')).map(k => parseInt(k)).sort((a, b) => a - b)
    this.linears = at.map(i => ({W: tensors[`${i}.W`], b: tensors[`${i}.b`]}))
  }

  /** For the embedding and every hidden layer, the vectors of its places, before and after the activation; and the logits. */
  inside(context) {
    const D = this.C.shape[1]
    let places = context.map(i => this.C.data.subarray(i*D, (i + 1)*D))
    const layers = [{before: places, after: places}]
    for (const {W, b} of this.linears) {
      const k = W.shape[0]/places[0].length  // so many neighbours are joined
      const before = []
      for (let i = 0; i < places.length; i += k) before.push(linear(places.slice(i, i + k), W, b))
      places = before.map(x => x.map(this.activation))
      layers.push({before, after: places})
    }
    return {logits: Array.from(layers.pop().before[0]), layers}  // no activation follows the last layer
  }

  logits(context) { return this.inside(context).logits }
}

/** `parts` as one vector, times `W`, plus `b`. */
function linear(parts, W, b) {
  const y = Float64Array.from(b.data), columns = W.shape[1]
  let at = 0
  for (const part of parts) for (const x of part) for (let j = 0; j < columns; j++) y[j] += x*W.data[at++]
  return y
}

const sigmoid = x => 1/(1 + Math.exp(-x))

/** The GRU: a state that is carried on from character to character. A context is the whole beginning of a name. */
class Recurrent {
  constructor({config: {cell}}, tensors) {
    if (cell !== 'gru') throw new Error(`a network with the cell ${cell} can't be run here`)
    const layer = name => ({W: tensors[`${name}.W`], b: tensors[`${name}.b`]})
    Object.assign(this, {blockSize: 1, wholeNames: true, C: tensors['0.0.C'], h0: tensors['0.h0'].data,
                         x: layer('0.x'), h: layer('0.h'), out: layer('2'), states: new Map()})
  }

  /** The state after one character more: reset, update and candidate stand side by side. */
  step(h, i) {
    const H = h.length, D = this.C.shape[1]
    const x = linear([this.C.data.subarray(i*D, (i + 1)*D)], this.x.W, this.x.b), back = linear([h], this.h.W, this.h.b)
    return Float64Array.from(h, (old, j) => {
      const r = sigmoid(x[j] + back[j]), z = sigmoid(x[H + j] + back[H + j])
      const n = Math.tanh(x[2*H + j] + r*back[2*H + j])
      return n + z*(old - n)
    })
  }

  /** The state after a beginning; equal beginnings have equal states, so each is computed once. */
  state(context) {
    if (context[context.length - 1] === 0) return this.h0
    const key = context.slice(context.lastIndexOf(0) + 1).join()
    if (this.states.size > 10000) this.states.clear()
    if (!this.states.has(key)) this.states.set(key, this.step(this.state(context.slice(0, -1)), context[context.length - 1]))
    return this.states.get(key)
  }

  logits(context) { return Array.from(linear([this.state(context)], this.out.W, this.out.b)) }
}

const SIGNS = ['.', '·', '•', '¶', '␤']  // how the boundary is shown: by the first of these that isn't a character of the corpus

/** A character for each number: the boundary's sign, then those of the vocabulary. */
function signed(vocab) {
  const characters = [...vocab]
  return [SIGNS.find(s => !characters.includes(s)) ?? SIGNS.at(-1), ...characters]
}

const MODELS = {Bigram, NGram, MLP: Network, WaveNet: Network, Recurrent}

/** Undo what the checkpoint did to make whole numbers small: a rising vector is kept as differences. */
function unpack({shape, data}, how) {
  if (how !== 'differences') return {shape, data}
  let sum = 0
  return {shape, data: Float64Array.from(data, x => sum += x)}
}

/** The model in a checkpoint of the book, with its `name`, its `card`, and its `itos`: a character for each number. */
export async function load(name) {
  const {metadata, tensors} = await fetchTensors(new URL(`${name}.safetensors`, import.meta.url))
  const card = JSON.parse(metadata.makemore_lit)
  for (const k in tensors) tensors[k] = unpack(tensors[k], card.packed[k])
  return Object.assign(new MODELS[card.model](card, tensors), {name, card, itos: signed(card.vocab)})
}

/** The characters of `text` that the model sees, all or the last ones, boundaries in front; an Error for a character it doesn't know. */
export function contextOf(model, text) {
  const numbers = Array.from(text, c => {
    const i = model.itos.indexOf(c, 1)
    if (i < 1) throw new Error(`“${c}” is not among the characters that the models know: ${model.itos.slice(1).join('')}`)
    return i
  })
  const seen = [...new Array(model.blockSize).fill(0), ...numbers]
  return model.wholeNames ? seen : seen.slice(-model.blockSize)
}

/** Log-probabilities in nats. */
function logSoftmax(logits) {
  const top = Math.max(...logits)
  const log = top + Math.log(logits.reduce((sum, x) => sum + Math.exp(x - top), 0))
  return logits.map(x => x - log)
}

const memo = new Map()

/** For each character of `text`, and for what follows it, the log-probabilities of all characters there. What was computed
    for the text before, a letter shorter, is remembered. */
export function predictions(model, text) {
  contextOf(model, text)  // an unknown character is an error before anything is computed
  if (memo.size > 10000) memo.clear()
  const letters = [...text]
  return Array.from({length: letters.length + 1}, (_, t) => {
    const start = letters.slice(0, t).join(''), key = `${model.name} ${start}`
    if (!memo.has(key)) memo.set(key, logSoftmax(model.logits(contextOf(model, start))))
    return memo.get(key)
  })
}
