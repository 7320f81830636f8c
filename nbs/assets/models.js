// The models of the book from their checkpoints. A context is an array of character numbers as long as the model's
// block size, or all since the boundary for a model of whole names; 0 is the boundary; `logits(context)` scores every next character.

import {fetchTensors} from './safetensors.js'

/** Character counts with `alpha` added to each: the last character's row, as log-probabilities. */
export class Bigram {
  constructor({config: {alpha}}, {n}) { Object.assign(this, {alpha, n, blockSize: 1}) }

  logits(context) {
    const V = this.n.shape[1], last = context[context.length - 1]
    const row = Array.from(this.n.data.subarray(last*V, (last + 1)*V), x => x + this.alpha)
    const total = row.reduce((a, b) => a + b)
    return row.map(x => Math.fround(Math.log(total > 0 ? x/total : 1/V)))
  }
}

/** Counts of contexts of 0 to T characters, interpolated by absolute discounting, as log-probabilities. */
export class NGram {
  constructor({config: {block_size, discount}, vocab}, tensors) {
    Object.assign(this, {discount, blockSize: block_size, V: [...vocab].length + 1})
    const part = k => Object.fromEntries(['key', 'start', 'next', 'weight'].map(name => [name, tensors[`${k}.${name}`].data]))
    this.levels = Array.from({length: block_size + 1}, (_, k) => part(k))
  }

  /** For each length of which the context is known, from 0 on: its table, and from where to where its pairs stand there. */
  *known(context) {
    let node = 0
    for (const [k, level] of this.levels.entries()) {
      node = find(level.key, k ? node*this.V + context[context.length - k] : node)
      if (node < 0) return
      yield {...level, from: level.start[node], to: level.start[node + 1]}
    }
  }

  /** What was counted after the last 0, 1, 2, … characters of a context: of each character so many. */
  counted(context) {
    return Array.from(this.known(context), ({next, weight, from, to}) => {
      const n = new Array(this.V).fill(0)
      for (let e = from; e < to; e++) n[next[e]] = weight[e]
      return n
    })
  }

  logits(context) {
    const p = new Float32Array(this.V).fill(1/this.V)  // single precision, as in Python, so that ties stay ties
    for (const {next, weight, from, to} of this.known(context)) {  // where a context is new, what is known of the shorter one stands
      const n = new Float64Array(this.V), passed = this.discount*(to - from)
      let total = 0
      for (let e = from; e < to; e++) {
        total += weight[e]
        n[next[e]] = Math.max(weight[e] - this.discount, 0)
      }
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
    if (config.batchnorm) throw new Error('a network with BatchNorm can’t be run here')
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
      for (let i = 0; i < places.length; i += k) before.push(linear(joined(places.slice(i, i + k)), W, b))
      places = before.map(x => x.map(this.activation))
      layers.push({before, after: places})
    }
    return {logits: Array.from(layers.pop().before[0]), layers}  // no activation follows the last layer
  }

  logits(context) { return this.inside(context).logits }
}

/** Vectors as one. */
const joined = vectors => Float64Array.from(vectors.flatMap(x => Array.from(x)))

/** A vector times `W`, plus `b`. Four rows of `W` at a time: each sum is fetched and stored a quarter as often. */
function linear(x, {data, shape: [, columns]}, b) {
  const y = Float64Array.from(b.data)
  let i = 0
  for (; i + 3 < x.length; i += 4) {
    const at = i*columns, p = x[i], q = x[i + 1], r = x[i + 2], s = x[i + 3]
    for (let j = 0, k = at; j < columns; j++, k++) y[j] += p*data[k] + q*data[k + columns] + r*data[k + 2*columns] + s*data[k + 3*columns]
  }
  for (; i < x.length; i++) for (let j = 0; j < columns; j++) y[j] += x[i]*data[i*columns + j]
  return y
}

/** A model of whole names: a context is all since the boundary, and from character to character a state is carried on. */
class WholeNames {
  constructor() { Object.assign(this, {blockSize: 1, wholeNames: true, states: new Map()}) }

  /** The state after a beginning; equal beginnings have equal states, so each is computed once, from that of a letter less. */
  state(context) {
    const key = context.slice(context.lastIndexOf(0)).join(), last = context[context.length - 1]
    if (this.states.size > 10000) this.states.clear()
    if (!this.states.has(key)) this.states.set(key, last ? this.step(this.state(context.slice(0, -1)), last) : this.start())
    return this.states.get(key)
  }
}

const layerOf = (tensors, name) => ({W: tensors[`${name}.W`], b: tensors[`${name}.b`]})
const row = ({data, shape: [, D]}, i) => data.subarray(i*D, (i + 1)*D)
const sigmoid = x => 1/(1 + Math.exp(-x))

/** The GRU: its state is a vector. */
class Recurrent extends WholeNames {
  constructor({config: {cell}}, tensors) {
    super()
    if (cell !== 'gru') throw new Error(`a network with the cell ${cell} can’t be run here`)
    Object.assign(this, {C: tensors['0.0.C'], h0: tensors['0.h0'].data, x: layerOf(tensors, '0.x'), h: layerOf(tensors, '0.h'),
                         out: layerOf(tensors, '2')})
  }

  start() { return this.h0 }

  /** The state after one character more: reset, update and candidate stand side by side. */
  step(h, i) {
    const H = h.length, x = linear(row(this.C, i), this.x.W, this.x.b), back = linear(h, this.h.W, this.h.b)
    return Float64Array.from(h, (old, j) => {
      const r = sigmoid(x[j] + back[j]), z = sigmoid(x[H + j] + back[H + j])
      const n = Math.tanh(x[2*H + j] + r*back[2*H + j])
      return n + z*(old - n)
    })
  }

  logits(context) { return Array.from(linear(this.state(context), this.out.W, this.out.b)) }
}

const plus = (x, y) => Float64Array.from(x, (a, j) => a + y[j])

/** The numbers of `x` with mean 0 and variance 1, then each times its `gamma`, plus its `beta`. */
function layerNorm(x, {gamma, beta}) {
  const mean = x.reduce((sum, a) => sum + a, 0)/x.length, variance = x.reduce((sum, a) => sum + (a - mean)**2, 0)/x.length
  return x.map((a, j) => (a - mean)/Math.sqrt(variance + 1e-5)*gamma.data[j] + beta.data[j])
}

/** What each head of the query `q` reads: the values of the places, mixed by how well their keys answer; and the shares of the mix. */
function attend(q, places, heads) {
  const d = q.length/heads, read = new Float64Array(q.length), shares = []
  for (let a = 0; a < q.length; a += d) {
    const scores = places.map(({key}) => {
      let sum = 0
      for (let j = a; j < a + d; j++) sum += q[j]*key[j]
      return sum/Math.sqrt(d)
    })
    const share = logSoftmax(scores).map(Math.exp)
    share.forEach((w, t) => { for (let j = a; j < a + d; j++) read[j] += w*places[t].value[j] })
    shares.push(share)
  }
  return {read, shares}
}

/** The transformer: its state is what it keeps of each place, a key and a value in each block, and what comes out at the last. */
class Transformer extends WholeNames {
  constructor({config: {block_size, n_layers, n_heads}}, tensors) {
    super()
    const layer = name => layerOf(tensors, name), norm = name => ({gamma: tensors[`${name}.gamma`], beta: tensors[`${name}.beta`]})
    const block = at => ({norm: norm(`${at}.norm`), qkv: layer(`${at}.attn.qkv`), join: layer(`${at}.attn.out`),
                          norm2: norm(`${at}.ff.0`), widen: layer(`${at}.ff.1`), narrow: layer(`${at}.ff.3`)})
    Object.assign(this, {longest: block_size - 1, heads: n_heads, char: tensors['0.char.C'], place: tensors['0.place.C'],
                         blocks: Array.from({length: n_layers}, (_, k) => block(`0.${k}`)), norm: norm('1'), out: layer('2')})
  }

  start() { return this.step({kept: this.blocks.map(() => [])}, 0) }

  /** The state after one place more: it looks at the places before and at itself. */
  step({kept}, i) {
    const at = kept[0].length
    if (at > this.longest) throw new Error(`the ${this.name} has places for ${this.longest} characters only`)
    const looked = []
    let x = plus(row(this.char, i), row(this.place, at))
    const grown = this.blocks.map(({norm, qkv, join, norm2, widen, narrow}, k) => {
      const D = x.length, asked = linear(layerNorm(x, norm), qkv.W, qkv.b)
      const places = [...kept[k], {key: asked.subarray(D, 2*D), value: asked.subarray(2*D)}]
      const {read, shares} = attend(asked.subarray(0, D), places, this.heads)
      looked.push(shares)
      x = plus(x, linear(read, join.W, join.b))
      const wide = linear(layerNorm(x, norm2), widen.W, widen.b).map(gelu)
      x = plus(x, linear(wide, narrow.W, narrow.b))
      return places
    })
    return {kept: grown, x, looked}
  }

  /** Where the last place of a context looked: for each block and head, the share of each place before it and of itself. */
  looked(context) { return this.state(context).looked }

  logits(context) { return Array.from(linear(layerNorm(this.state(context).x, this.norm), this.out.W, this.out.b)) }
}

const SIGNS = ['.', '·', '•', '¶', '␤']  // how the boundary is shown: by the first of these that isn't a character of the corpus

/** A character for each number: the boundary's sign, then those of the vocabulary. */
export function signed(vocab) {
  const characters = [...vocab]
  return [SIGNS.find(s => !characters.includes(s)) ?? SIGNS.at(-1), ...characters]
}

/** Several models as one: the mean of their probabilities, with weights. It ends a name where the first of them does. */
export class Mixture {
  constructor(models, weights) {
    Object.assign(this, {name: 'mixture', models, weights, itos: models[0].itos, wholeNames: true})
    this.blockSize = Math.max(...models.map(m => m.blockSize))
    this.longest = Math.min(...models.map(m => m.longest ?? Infinity))
  }

  logits(context) {
    const p = new Array(this.itos.length).fill(0)
    this.models.forEach((m, k) => {
      const found = logSoftmax(m.logits(m.wholeNames ? context : context.slice(-m.blockSize)))
      found.forEach((log, c) => { p[c] += this.weights[k]*Math.exp(log) })
    })
    return p.map(Math.log)
  }
}

const MODELS = {Bigram, NGram, MLP: Network, WaveNet: Network, Recurrent, Transformer}

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
export function logSoftmax(logits) {
  const top = Math.max(...logits)
  const log = top + Math.log(logits.reduce((sum, x) => sum + Math.exp(x - top), 0))
  return logits.map(x => x - log)
}

const memo = new Map()

/** For each character of `text`, and for what follows it, the log-probabilities of all characters there; null where the model
    has no place any more. What was computed for the text before, a letter shorter, is remembered. */
export function predictions(model, text) {
  contextOf(model, text)  // an unknown character is an error before anything is computed
  if (memo.size > 10000) memo.clear()
  const letters = [...text]
  return Array.from({length: letters.length + 1}, (_, t) => {
    if (t > model.longest) return null  // most models have no `longest`: never
    const start = letters.slice(0, t).join(''), key = `${model.name} ${start}`
    if (!memo.has(key)) memo.set(key, logSoftmax(model.logits(contextOf(model, start))))
    return memo.get(key)
  })
}
