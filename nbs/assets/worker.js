// A training in a thread of its own, so that the page stays free. Messages that it understands: {do: 'start', …}, {do: 'pause'},
// {do: 'go'}, {do: 'rate', rate}. It answers with what it has reached, ten times a second.

import {sampling} from './sample.js'
import {Adam, batches, OneLayer, Perceptron} from './train.js'

const SLICE = 40, REPORT = 100  // milliseconds: of training between two looks at the messages, and between two reports
const BATCH = 1024  // rows
let run = null

/** Begin a training. */
function start({kind, rows, dev, itos, rate, ...options}) {
  const V = itos.length, net = (kind === 'layer' ? OneLayer : Perceptron).start(V, options)
  run = {net: Object.assign(net, {itos}), adam: new Adam(net), rows, dev, rate, going: true, steps: 0, seconds: 0, losses: [],
         order: batches(rows.U, BATCH), reported: 0}
  report()
  slice(run)
}

/** Train for a moment, then let messages in. */
function slice(mine) {
  if (mine !== run || !run.going) return
  const began = performance.now()
  while (performance.now() - began < SLICE) step()
  run.seconds += (performance.now() - began)/1000
  if (performance.now() - run.reported > REPORT) report()
  if (run.going) setTimeout(() => slice(mine))
}

/** One step on one mini-batch. */
function step() {
  const loss = run.net.backward(run.rows, run.order.next().value)
  run.adam.step(run.rate)
  run.steps++
  run.losses.push(loss)
}

/** Tell the page how far it is: the mean loss of the mini-batches since the last report, the loss on dev, and names. A loss that
    isn't finite any more ends the training. */
function report() {
  const {net, steps, seconds, losses} = run, loss = losses.reduce((a, b) => a + b, 0)/losses.length
  const dev = net.loss(run.dev), lost = !Number.isFinite(dev)
  const words = lost ? [] : [...sampling(net, 8, {seed: 3, maxLen: 16})].pop().words  // always from the same random numbers
  if (lost) run.going = false
  Object.assign(run, {reported: performance.now(), losses: []})
  postMessage({steps, seconds, loss, dev, words, lost, size: net.size})
}

const actions = {
  start,
  pause() { run.going = false; report() },
  go() {
    if (run.going) return
    run.going = true
    slice(run)
  },
  rate({rate}) { run.rate = rate },
}

addEventListener('message', ({data}) => actions[data.do](data))
