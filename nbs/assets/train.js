// Networks that learn in the browser: their losses, their gradients, written out, and the rule by which they move.

import {Generator} from './sample.js'

/** Numbers drawn from a normal distribution (Box and Muller 1958). */
function normal(g, size, deviation) {
  return Float64Array.from({length: size}, () => deviation*Math.sqrt(-2*Math.log(1 - g.rand()))*Math.cos(2*Math.PI*g.rand()))
}

/** Add the loss of a row of counts to the sum that is returned; `dz` becomes its gradient with respect to the logits `z`, times `scale`. */
function rowLoss(z, n, at, scale, dz) {
  const V = z.length
  let top = -Infinity, sum = 0, total = 0, loss = 0
  for (let c = 0; c < V; c++) if (z[c] > top) top = z[c]
  for (let c = 0; c < V; c++) sum += dz[c] = Math.exp(z[c] - top)
  const log = top + Math.log(sum)
  for (let c = 0; c < V; c++) {
    total += n[at + c]
    if (n[at + c]) loss += n[at + c]*(log - z[c])
  }
  for (let c = 0; c < V; c++) dz[c] = (total*dz[c]/sum - n[at + c])*scale
  return loss
}

/** How many characters some rows count. */
function charactersIn(rows, picks) {
  let sum = 0
  for (const r of picks) for (let c = 0; c < rows.V; c++) sum += rows.n[r*rows.V + c]
  return sum
}

const all = rows => Array.from({length: rows.U}, (_, r) => r)

/** What both networks share. `params` are arrays of numbers, `grads` their gradients. */
class Trained {
  constructor(params, longest) {
    Object.assign(this, {params, blockSize: longest})
    this.grads = Object.fromEntries(Object.entries(params).map(([k, p]) => [k, new Float64Array(p.length)]))
  }

  get size() { return Object.values(this.params).reduce((sum, p) => sum + p.length, 0) }

  /** The loss on some rows, in nats per character; its gradients are in `grads`. */
  backward(rows, picks = all(rows)) {
    for (const g of Object.values(this.grads)) g.fill(0)
    return this.pass(rows, picks, charactersIn(rows, picks), true)
  }

  /** The loss alone. */
  loss(rows) { return this.pass(rows, all(rows), charactersIn(rows, all(rows)), false) }
}

/** One layer: a row of logits for each last character, as BigramNet in Python. */
export class OneLayer extends Trained {
  constructor(V, params) {
    super(params, 1)
    this.V = V
  }

  static start(V, {how = 'good', seed = 1}) {
    return new OneLayer(V, {W: normal(new Generator(seed), V*V, {good: .01, large: 4, zero: 0}[how])})
  }

  logits(context) {
    const at = context[context.length - 1]*this.V
    return Array.from(this.params.W.subarray(at, at + this.V))
  }

  pass({x, n, T, V}, picks, N, back) {
    const {W} = this.params, dz = new Float64Array(V)
    let loss = 0
    for (const r of picks) {
      const at = x[r*T + T - 1]*V
      loss += rowLoss(W.subarray(at, at + V), n, r*V, 1/N, dz)
      if (back) for (let c = 0; c < V; c++) this.grads.W[at + c] += dz[c]
    }
    return loss/N
  }
}

/** A perceptron with one hidden layer of tanh units on the embeddings of the last T characters, as MLP in Python. */
export class Perceptron extends Trained {
  constructor({V, T, D, H}, params) {
    super(params, T)
    Object.assign(this, {V, T, D, H})
  }

  /** A network before its training. A good start keeps units in the slope of tanh and logits small; a large one doesn't; from zero
      no unit ever differs from another. */
  static start(V, {T = 3, D = 10, H = 64, how = 'good', seed = 1}) {
    const g = new Generator(seed), [hidden, out, bias] = {good: [5/3/Math.sqrt(T*D), .1/Math.sqrt(H), 0], large: [1, 1, 1], zero: [0, 0, 0]}[how]
    return new Perceptron({V, T, D, H}, {C: normal(g, V*D, 1), W1: normal(g, T*D*H, hidden), b1: normal(g, H, bias),
                                         W2: normal(g, H*V, out), b2: normal(g, V, bias)})
  }

  /** What each character adds to the hidden units at each place, `(T·V, H)`. It is computed once for all rows: a row only adds up. */
  parts() {
    const {V, T, D, H, params: {C, W1}} = this, parts = new Float64Array(T*V*H)
    for (let t = 0; t < T; t++) for (let c = 0; c < V; c++) for (let d = 0; d < D; d++) {
      const x = C[c*D + d], from = (t*D + d)*H, to = (t*V + c)*H
      for (let j = 0; j < H; j++) parts[to + j] += x*W1[from + j]
    }
    return parts
  }

  /** The hidden units `h` and logits `z` of the context that begins at `x[at]`. */
  forward(parts, x, at, h, z) {
    const {V, T, H, params: {b1, W2, b2}} = this
    for (let j = 0; j < H; j++) h[j] = b1[j]
    for (let t = 0; t < T; t++) {
      const from = (t*V + x[at + t])*H
      for (let j = 0; j < H; j++) h[j] += parts[from + j]
    }
    for (let c = 0; c < V; c++) z[c] = b2[c]
    for (let j = 0; j < H; j++) {
      const y = h[j] = Math.tanh(h[j])
      for (let c = 0; c < V; c++) z[c] += y*W2[j*V + c]
    }
  }

  logits(context) {
    const z = new Float64Array(this.V)
    this.forward(this.parts(), context.slice(-this.T), 0, new Float64Array(this.H), z)
    return Array.from(z)
  }

  pass(rows, picks, N, back) {
    const {V, T, H, params: {W2}, grads} = this, parts = this.parts(), dparts = new Float64Array(parts.length)
    const h = new Float64Array(H), z = new Float64Array(V), dz = new Float64Array(V)
    let loss = 0
    for (const r of picks) {
      const at = (r + 1)*rows.T - T  // the last T characters of a row that may be longer
      this.forward(parts, rows.x, at, h, z)
      loss += rowLoss(z, rows.n, r*V, 1/N, dz)
      if (!back) continue
      for (let c = 0; c < V; c++) grads.b2[c] += dz[c]
      for (let j = 0; j < H; j++) {
        let dh = 0
        for (let c = 0; c < V; c++) {
          dh += W2[j*V + c]*dz[c]
          grads.W2[j*V + c] += h[j]*dz[c]
        }
        h[j] = dh*(1 - h[j]*h[j])  // from here on the gradient of what went into tanh
        grads.b1[j] += h[j]
      }
      for (let t = 0; t < T; t++) {
        const to = (t*V + rows.x[at + t])*H
        for (let j = 0; j < H; j++) dparts[to + j] += h[j]
      }
    }
    if (back) this.through(dparts)
    return loss/N
  }

  /** From the gradient of `parts` to those of the embeddings and of the hidden weights. */
  through(dparts) {
    const {V, T, D, H, params: {C, W1}, grads} = this
    for (let t = 0; t < T; t++) for (let c = 0; c < V; c++) for (let d = 0; d < D; d++) {
      const row = (t*D + d)*H, part = (t*V + c)*H, x = C[c*D + d]
      let dx = 0
      for (let j = 0; j < H; j++) {
        dx += W1[row + j]*dparts[part + j]
        grads.W1[row + j] += x*dparts[part + j]
      }
      grads.C[c*D + d] += dx
    }
  }
}

/** Adam (Kingma and Ba 2015): a step of each parameter by running means of its gradient and of the gradient's square. */
export class Adam {
  constructor(net, [beta1, beta2] = [.9, .999]) {
    const zeros = () => Object.fromEntries(Object.entries(net.params).map(([k, p]) => [k, new Float64Array(p.length)]))
    Object.assign(this, {net, beta1, beta2, m: zeros(), v: zeros(), steps: 0})
  }

  step(rate) {
    const {net, beta1, beta2} = this, fresh1 = 1 - beta1**++this.steps, fresh2 = 1 - beta2**this.steps
    for (const [k, p] of Object.entries(net.params)) {
      const g = net.grads[k], m = this.m[k], v = this.v[k]
      for (let i = 0; i < p.length; i++) {
        m[i] = beta1*m[i] + (1 - beta1)*g[i]
        v[i] = beta2*v[i] + (1 - beta2)*g[i]*g[i]
        p[i] -= rate*(m[i]/fresh1)/(Math.sqrt(v[i]/fresh2) + 1e-8)
      }
    }
  }
}

/** Endless mini-batches: the numbers of `size` rows each, all rows in a new order before one comes again. */
export function* batches(U, size, seed = 1) {
  const g = new Generator(seed), order = Array.from({length: U}, (_, r) => r)
  for (;;) {
    for (let i = U - 1; i > 0; i--) {
      const j = Math.floor(g.rand()*(i + 1))
      const kept = order[i]
      order[i] = order[j]
      order[j] = kept
    }
    for (let from = 0; from < U; from += size) yield order.slice(from, from + size)
  }
}
