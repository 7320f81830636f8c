// The fourth view: a network that learns while one looks.

import {element, make} from './dom.js'
import {rowsOf} from './counts.js'

const WIDE = 460, HIGH = 260, LEFT = 34, BELOW = 30  // of the curve, in its own units
const TICKS = [.2, .5, 1, 1.5, 2, 2.5, 3, 4, 6, 10, 20, 50, 100, 1000]  // of the losses
const KEPT = [0, 10, 100, 1000, 10000]  // the steps whose names stay in the table
const svg = (tag, attributes, ...children) => {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag)
  for (const [k, x] of Object.entries(attributes)) made.setAttribute(k, x)
  made.append(...children)
  return made
}

/** The loss that counting pairs has on `dev`, with one added to each count of `rows`, and that of equal chances. */
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

/** A curve of losses over steps, on two logarithmic axes, with a dashed line for each loss that is known. */
function curve(lines) {
  const dev = svg('polyline', {class: 'play-dev'}), train = svg('polyline', {class: 'play-fit'}), ticks = svg('g', {class: 'play-ticks'})
  const picture = svg('svg', {viewBox: `0 0 ${WIDE} ${HIGH}`, role: 'img'}, ticks, train, dev)
  const label = (text, at, anchor, words) => svg('text', {x: text, y: at, 'text-anchor': anchor}, words)
  const y = (loss, [low, top]) => 8 + (HIGH - BELOW - 8)*Math.log(top/Math.max(loss, low))/Math.log(top/low)
  const x = (step, last) => LEFT + (WIDE - LEFT - 8)*Math.log10(1 + step)/Math.log10(1 + Math.max(last, 100))
  return {picture, show(points) {
    const last = points.at(-1).steps, known = key => points.filter(p => Number.isFinite(p[key])), losses = [...known('dev').map(p => p.dev), lines.equal, lines.pairs]
    const range = [Math.min(.85*lines.pairs, ...losses.map(l => .95*l)), Math.max(...losses.map(l => 1.15*l))]
    const at = key => known(key).map(p => `${x(p.steps, last).toFixed(1)},${y(Math.min(p[key], range[1]), range).toFixed(1)}`).join(' ')
    dev.setAttribute('points', at('dev'))
    train.setAttribute('points', at('loss'))
    const marks = []
    for (const [loss, words] of [[lines.equal, 'all letters equally likely'], [lines.pairs, 'counting pairs']])
      marks.push(svg('line', {x1: LEFT, x2: WIDE - 8, y1: y(loss, range), y2: y(loss, range), class: 'play-known-loss'}), label(WIDE - 10, y(loss, range) - 5, 'end', `${words}: ${loss.toFixed(2)}`))
    for (const loss of TICKS) if (loss > range[0] && loss < range[1]) marks.push(label(LEFT - 6, y(loss, range) + 4, 'end', String(loss)))
    for (let step = 1; step <= Math.max(last, 100); step *= 10) marks.push(label(x(step, last), HIGH - 10, 'middle', step.toLocaleString('en')))
    ticks.replaceChildren(...marks)
    picture.setAttribute('aria-label', `Loss over steps: on dev now ${points.at(-1).dev.toFixed(3)}, at the start ${points[0].dev.toFixed(3)}; counting pairs has ${lines.pairs.toFixed(3)}`)
  }}
}

/** What the settings say. */
function settings(sources) {
  const {levels, dev, itos, longest} = sources[element('source').value], kind = element('kind').value, T = kind === 'layer' ? 1 : Number(element('sees').value)
  const rows = rowsOf(levels.slice(0, T + 1), itos.length)
  return {kind, rows, dev, itos, longest, T, H: Number(element('hidden').value), how: element('how').value, rate: Number(element('rate').value)}
}

/** How far a training is, in words. */
function far({steps, seconds, dev, size}, {pairs}) {
  const better = dev < pairs - .005 ? 'better than counting pairs' : dev < pairs + .02 ? 'as good as counting pairs' : 'worse than counting pairs'
  return `${size.toLocaleString('en')} parameters · ${steps.toLocaleString('en')} steps · ${seconds.toFixed(1)} s of work · loss on names it never sees ${dev.toFixed(3)}, ${better}`
}

/** The fourth view. `sources` has what can be learned from: {names: {levels, dev, itos}}, and later a list. */
export function trainView(sources) {
  let worker = null, going = false, points = [], lines = null, drawn = null, rows = []
  const say = text => { element('said').textContent = text }
  const buttons = () => {
    element('start').textContent = worker ? 'Begin anew' : 'Start'
    Object.assign(element('pause'), {disabled: !worker, textContent: going || !worker ? 'Pause' : 'Go on'})
  }
  const stop = () => {
    worker?.terminate()
    worker = null
    going = false
  }
  const row = (called, words) => make('tr', {}, make('th', {scope: 'row', textContent: called}), make('td', {textContent: words.join(', ')}))
  const report = ({data}) => {
    points.push(data)
    if (points.length > 400) points = points.filter((p, i) => i < 100 || i%2 || i === points.length - 1)
    drawn.show(points)
    element('progress').textContent = far(data, lines)
    const {steps, words, lost} = data
    if (KEPT.some(k => k <= steps && !rows.some(r => r.from >= k))) rows.push({from: steps, row: row(steps === 1 ? 'step 1' : `step ${steps.toLocaleString('en')}`, words)})
    const better = element('better'), body = make('tbody', {}, ...rows.map(r => r.row), row('now', words))
    better.tBodies[0]?.remove()
    better.append(body)
    if (!lost) return
    stop()
    say('The loss is no number any more: the steps were too large. Choose a lower rate and begin anew.')
    buttons()
  }
  const start = () => {
    stop()
    const chosen = settings(sources)
    points = []
    rows = []
    lines = knownLosses(rowsOf(sources[element('source').value].levels.slice(0, 2), chosen.itos.length), chosen.dev)
    drawn = curve(lines)
    element('curve').replaceChildren(drawn.picture, make('p', {className: 'play-small', innerHTML: '<i class="play-dev">━</i> on names that it never sees, <i class="play-fit">━</i> on those it learns from; nats a letter, over steps'}))
    worker = new Worker(new URL('worker.js', import.meta.url), {type: 'module'})
    worker.addEventListener('message', report)
    worker.addEventListener('error', () => {
      stop()
      say("The training can't run in this browser: it has no workers of modules.")
      buttons()
    })
    worker.postMessage({do: 'start', ...chosen})
    going = true
    say('The training has begun.')
    buttons()
  }
  element('start').addEventListener('click', start)
  element('pause').addEventListener('click', () => {
    going = !going
    worker.postMessage({do: going ? 'go' : 'pause'})
    say(going ? 'It goes on.' : 'It pauses.')
    buttons()
  })
  element('rate').addEventListener('input', () => worker?.postMessage({do: 'rate', rate: Number(element('rate').value)}))
  const only = () => { for (const id of ['sees', 'hidden']) element(id).disabled = element('kind').value === 'layer' }
  element('kind').addEventListener('input', only)
  only()
  return start
}
