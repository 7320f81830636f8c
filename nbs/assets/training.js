// The fourth view: a network that learns while one looks.

import {element, make} from './dom.js'
import {rowsOf} from './counts.js'

const WIDE = 460, HIGH = 260, LEFT = 34, RIGHT = 8, TOP = 8, BOTTOM = 30  // of the curve and its margins, in its own units
const TICKS = [.01, .02, .05, .1, .2, .5, 1, 1.5, 2, 2.5, 3, 4, 6, 10, 20, 50, 100, 1000]  // of the losses
const LATER = ['source', 'kind', 'sees', 'hidden', 'how']  // controls that act when a training begins
const KEPT = [0, 10, 100, 1000, 10000]  // the steps whose names stay in the table
const MOST_NUMBERS = 1e7  // of a table to learn from, contexts times characters
const LOWEST = .01  // nats at the bottom of the curve
const APART = 13  // units between two labels of an axis
const MOST_STEPS = 100000  // after which it rests
const MOST_POINTS = 400  // of a curve; of more, every second one is left out

/** The mean loss on `dev` of the counts of pairs in `rows`, with one added to each, and that of equal chances. */
export function knownLosses(rows, dev) {
  const {V} = rows, n = new Float64Array(V*V).fill(1)
  for (let r = 0; r < rows.U; r++) for (let c = 0; c < V; c++) n[rows.x[(r + 1)*rows.T - 1]*V + c] += rows.n[r*V + c]
  let loss = 0, N = 0
  for (let r = 0; r < dev.U; r++) {
    const at = dev.x[(r + 1)*dev.T - 1]*V, total = n.subarray(at, at + V).reduce((a, b) => a + b)
    for (let c = 0; c < V; c++) {
      loss -= dev.n[r*V + c]*Math.log(n[at + c]/total)
      N += dev.n[r*V + c]
    }
  }
  return {pairs: loss/N, equal: Math.log(V)}
}

/** An element of a drawing. */
function svg(tag, attributes, ...children) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag)
  for (const [name, x] of Object.entries(attributes)) made.setAttribute(name, x)
  made.append(...children)
  return made
}

const label = (x, y, anchor, text) => svg('text', {x, y, 'text-anchor': anchor}, text)

/** Losses over steps, on two logarithmic axes, with a dashed line for each loss that is known. */
class Curve {
  constructor(lines) {
    const [dev, fit] = ['dev', 'fit'].map(name => svg('polyline', {class: `play-${name}`}))
    Object.assign(this, {lines, dev, fit, marks: svg('g', {})})
    this.picture = svg('svg', {viewBox: `0 0 ${WIDE} ${HIGH}`, role: 'img'}, fit, dev, this.marks)
  }

  /** Where a step stands, and where a loss. */
  x(step) { return LEFT + (WIDE - LEFT - RIGHT)*Math.log10(1 + step)/Math.log10(1 + this.last) }
  y(loss) { return TOP + (HIGH - TOP - BOTTOM)*Math.log(this.high/Math.max(Math.min(loss, this.high), this.low))/Math.log(this.high/this.low) }

  show(points) {
    const {pairs, equal} = this.lines, now = points.at(-1)
    const losses = points.flatMap(p => [p.dev, p.loss]).filter(Number.isFinite)
    this.last = Math.max(now.steps, 100)
    this.low = Math.max(Math.min(.85*pairs, .95*Math.min(...losses)), LOWEST)
    this.high = 1.15*Math.max(equal, ...losses)
    this.dev.setAttribute('points', this.path(points, 'dev'))
    this.fit.setAttribute('points', this.path(points, 'loss'))
    this.marks.replaceChildren(...this.known(equal, 'all letters equally likely', 'end'),
                               ...this.known(pairs, 'counting pairs', 'start'), ...this.ticks())
    this.picture.setAttribute('aria-label', `Loss over steps: on names it never sees now ${now.dev.toFixed(3)}, `
      + `at the start ${points[0].dev.toFixed(3)}; counting pairs has ${pairs.toFixed(3)}`)
  }

  path(points, key) {
    const seen = points.filter(p => Number.isFinite(p[key]))
    return seen.map(p => `${this.x(p.steps).toFixed(1)},${this.y(p[key]).toFixed(1)}`).join(' ')
  }

  /** A dashed line with its name, at the right end or at the left. */
  known(loss, called, end) {
    const y = this.y(loss), line = svg('line', {x1: LEFT, x2: WIDE - RIGHT, y1: y, y2: y, class: 'play-known-loss'})
    return [line, label(end === 'end' ? WIDE - RIGHT : LEFT + 4, end === 'end' ? y - 5 : y + 14, end, `${called}: ${loss.toFixed(2)}`)]
  }

  ticks() {
    const steps = [], losses = TICKS.filter(loss => loss > this.low && loss < this.high)
      .reduce((kept, loss) => kept.length && this.y(kept.at(-1)) - this.y(loss) < APART ? kept : [...kept, loss], [])
    for (let step = 1; step <= this.last; step *= 10) steps.push(step)
    return [...losses.map(loss => label(LEFT - 6, this.y(loss) + 4, 'end', String(loss))),
            ...steps.map(step => label(this.x(step), HIGH - 10, this.x(step) > WIDE - 24 ? 'end' : 'middle', step.toLocaleString('en')))]
  }
}

/** What a training does, in words: from what was reached, first to last, what losses are known, and what was chosen. */
export function happens(points, {equal}, {kind, how, rate, T}) {
  const first = points[0], now = points.at(-1), half = points.findLast(p => p.steps <= now.steps/2)
  const [best, fitted] = ['dev', 'loss'].map(key => Math.min(...points.map(p => p[key]).filter(Number.isFinite)))
  if (now.steps < 20) return 'The training has begun.'
  if (kind === 'mlp' && how === 'zero') return 'All hidden units begin alike, get alike gradients, and stay alike: the network learns how frequent '
    + 'each letter is, and nothing about what comes before it.'
  if (Math.min(now.dev, now.loss) > equal && rate >= .1) return `At a rate of ${rate} the steps are so long that each spoils what the others have learned. A lower rate acts at once.`
  if (now.dev > equal && best < equal && now.loss > fitted + .1) return 'Steps that were too long have spoiled what it knew. It has to learn that again.'
  if (now.dev > best + .1 && now.loss < fitted + .1 && now.loss < now.dev - .5) return 'It memorises: on the names that it learns from the loss is low, '
    + 'on those that it never sees it is higher than it was. It knows its list, not a rule.'
  if (now.dev > equal) return how === 'large' ? 'The first weights are so large that it is sure of the wrong letters: first it has to unlearn that.'
    : 'Still worse than if all letters were equally likely.'
  if (now.dev > best + .1) return rate >= .1 ? `It leaps: at a rate of ${rate} the steps are too long to settle. A lower rate acts at once.`
    : 'The loss on names that it never sees is higher than it was.'
  if (now.steps > 200 && half.dev < best + .01) return 'It has come as far as it can: in the second half of its steps the loss on names that it never sees '
    + `has hardly fallen.${T === 1 ? ' By one letter no network can know more than the counts of pairs.' : ''}`
  return now.dev < first.dev ? 'It learns: the loss on names that it never sees has fallen.' : 'It has learned nothing so far.'
}

/** How far a training is, in words. */
function far({steps, seconds, dev, size}, {pairs}) {
  const better = dev < pairs - .005 ? 'better than' : dev < pairs + .02 ? 'as good as' : 'worse than'
  return [`${size.toLocaleString('en')} parameters`, `${steps.toLocaleString('en')} steps`, `${seconds.toFixed(1)} s of work`,
          `loss on names it never sees ${dev.toFixed(3)}, ${better} counting pairs`].join(' · ')
}

/** A training in a worker, and what is shown of it. `sources` has what can be learned from: for names {levels, dev, itos},
    where `dev` makes the rows to measure by, and later for a list. */
class Training {
  constructor(sources) {
    Object.assign(this, {sources, worker: null, going: false})
    element('start').addEventListener('click', () => this.start())
    element('pause').addEventListener('click', () => this.pause())
    element('rate').addEventListener('input', () => {
      const rate = Number(element('rate').value)
      this.worker?.postMessage({do: 'rate', rate})
      if (this.worker) this.settings.rate = rate
    })
    for (const id of LATER) element(id).addEventListener('input', () => this.settle())
    this.settle()
  }

  /** One layer sees one letter, and has no hidden units. What is chosen waits for the next beginning, which is said. */
  settle() {
    const layer = element('kind').value === 'layer', sees = element('sees')
    if (layer && !sees.disabled) [this.saw, sees.value] = [sees.value, '1']
    if (!layer && sees.disabled) sees.value = this.saw
    sees.disabled = element('hidden').disabled = layer
    const {kept, held} = this.sources[element('source').value]
    element('learned').textContent = kept.toLocaleString('en')
    element('kept-back').textContent = held.toLocaleString('en')
    this.waits = Boolean(this.worker)
    if (this.waits) this.say('Press “Begin anew” to train what is chosen now. Below is still the network before it.')
  }

  /** What is chosen, with the rows to learn from. */
  chosen() {
    const {levels, dev, itos} = this.sources[element('source').value], kind = element('kind').value
    const T = kind === 'layer' ? 1 : Number(element('sees').value), size = levels[T].key.length*itos.length
    if (size > MOST_NUMBERS) throw new Error('The list is too large to learn from in this page: too many contexts, or too many characters')
    return {kind, rows: rowsOf(levels.slice(0, T + 1), itos.length), dev: dev(), itos, T, H: Number(element('hidden').value),
            how: element('how').value, rate: Number(element('rate').value)}
  }

  start() {
    this.stop()
    let chosen
    try { chosen = this.chosen() } catch (e) { return this.say(`${e.message}.`) }
    const {levels} = this.sources[element('source').value]
    this.settings = {kind: chosen.kind, how: chosen.how, rate: chosen.rate, T: chosen.T}
    this.waits = false
    this.lines = knownLosses(rowsOf(levels.slice(0, 2), chosen.itos.length), chosen.dev)
    Object.assign(this, {points: [], rows: [], rests: 0, curve: new Curve(this.lines), going: true})
    element('curve').replaceChildren(this.curve.picture)
    element('learning').hidden = false
    this.worker = new Worker(new URL('worker.js', import.meta.url), {type: 'module'})
    this.worker.addEventListener('message', ({data}) => this.report(data))
    this.worker.addEventListener('error', () => this.stop('The training can’t run in this browser: it has no workers of modules.'))
    this.worker.postMessage({do: 'start', ...chosen})
    this.say('The training has begun.')
  }

  pause() {
    this.going = !this.going
    this.worker.postMessage({do: this.going ? 'go' : 'pause'})
    this.say(this.going ? 'It goes on.' : 'It pauses.')
  }

  stop(why = '') {
    this.worker?.terminate()
    Object.assign(this, {worker: null, going: false})
    this.say(why)
  }

  say(text) {
    element('said').textContent = text
    element('start').textContent = this.worker ? 'Begin anew' : 'Start'
    Object.assign(element('pause'), {disabled: !this.worker, textContent: this.going || !this.worker ? 'Pause' : 'Go on'})
  }

  /** Show what the worker has reached. */
  report(reached) {
    this.points.push(reached)
    if (this.points.length > MOST_POINTS) this.points = this.points.filter((p, i) => i < 100 || i%2 || p === reached)
    this.curve.show(this.points)
    element('progress').textContent = far(reached, this.lines)
    this.showNames(reached)
    const now = this.going && !this.waits ? happens(this.points, this.lines, this.settings) : null
    if (now && now !== element('said').textContent) this.say(now)
    if (this.going && reached.steps >= MOST_STEPS*(1 + this.rests)) {
      this.rests++
      this.pause()
    }
    if (reached.lost) this.stop('The loss is no number any more: the steps were too large. Choose a lower rate and begin anew.')
  }

  /** The names of now, under those of some steps before. */
  showNames({steps, words}) {
    const row = (called, names) => make('tr', {}, make('th', {scope: 'row', textContent: called}), make('td', {textContent: names.join(', ')}))
    if (KEPT.some(step => step <= steps && !this.rows.some(r => r.steps >= step)))
      this.rows.push({steps, row: row(`step ${steps.toLocaleString('en')}`, words)})
    element('better').tBodies[0]?.remove()
    element('better').append(make('tbody', {}, ...this.rows.map(r => r.row), row('now', words)))
  }
}

/** The fourth view; what it returns begins a training. */
export function trainView(sources) {
  const training = new Training(sources)
  return () => training.start()
}
