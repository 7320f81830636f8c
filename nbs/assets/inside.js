// The third view: pictures of what happens inside three of the models.

import {contextOf} from './models.js'
import {element, make} from './dom.js'

const SATURATED = -2.25  // below this input the slope of GELU is within .06 of zero, like that of a tanh beyond ±.97
const STRONGEST = {positive: 3, embedding: 1.5, negative: .5}  // the numbers of the strongest colours
const FARTHER = 'letters farther back'  // says too little to be written under a map
const UP = '15, 134, 201', DOWN = '217, 119, 43', GREY = '#848484'
const NARROW = 600  // pixels of a window in which squares stand in shorter rows
const MAP = 240, EDGE = 22  // pixels of a map of looks, and of its margin of letters
const USUAL = ['marguerite', 'christopher', 'jayden', 'annabella', 'kwame', 'sofia']  // what the GRU's units are put in order by

/** A picture for each layer of the tree, built once: the numbers of each place, under the characters that it has seen. */
function treePictures(model) {
  const {layers} = model.inside(contextOf(model, '')), across = innerWidth < NARROW ? 32 : 64, cell = 12  // every layer is so many cells wide
  const pictures = layers.map(({after}, level) => {
    const canvas = make('canvas', {width: across*cell, height: Math.ceil(after.length*after[0].length/across)*cell})
    const places = make('div', {className: 'play-places', ariaHidden: 'true'}), caption = make('figcaption')
    canvas.setAttribute('role', 'img')
    element('inside').append(make('figure', {}, places, canvas, caption))
    return {canvas, places, caption, title: level ? `Hidden layer ${level}` : 'Embeddings'}
  })
  return text => {
    const context = contextOf(model, text), {layers} = model.inside(context)
    layers.forEach((layer, level) => showLayer(pictures[level], layer, level, context, model.itos, across, cell))
  }
}

/** One layer of the tree: its squares, the characters over them, and how many units are saturated, in plain words silent. */
function showLayer({canvas, places, caption, title}, {before, after}, level, context, itos, across, cell) {
  const draw = canvas.getContext('2d'), wide = across/after.length, span = context.length/after.length
  const seen = after.map((_, p) => context.slice(p*span, (p + 1)*span).map(i => itos[i]).join(''))
  let saturated = 0
  draw.clearRect(0, 0, canvas.width, canvas.height)
  after.forEach((units, place) => units.forEach((y, unit) => {
    const left = (place*wide + unit%wide)*cell, top = Math.floor(unit/wide)*cell
    const strongest = STRONGEST[y > 0 ? 'positive' : level ? 'negative' : 'embedding']
    draw.fillStyle = `rgba(${y > 0 ? UP : DOWN}, ${Math.min(Math.abs(y)/strongest, 1)})`
    draw.fillRect(left, top, cell - 1, cell - 1)
    if (!level || before[place][unit] >= SATURATED) return
    saturated++
    draw.fillStyle = GREY
    draw.fillRect(left + 3.5, top + 3.5, 4, 4)
  }))
  for (let place = 1; place < after.length; place++) draw.clearRect(place*wide*cell - 5, 0, 5, canvas.height)  // a gap between places
  places.replaceChildren(...seen.map(textContent => make('span', {textContent})))
  const size = `${title}: ${after.length} ${after.length > 1 ? 'places' : 'place'}, ${after[0].length} numbers each`
  caption.textContent = level ? `${size}; ${saturated} of ${after.length*after[0].length} units are silent.` : `${size}.`
  canvas.ariaLabel = `${caption.textContent} The places have seen ${seen.join(', ')}.`
}

const distance = (x, y) => Math.sqrt(x.reduce((sum, a, j) => sum + (a - y[j])**2, 0))

const size = x => Math.sqrt(x.reduce((sum, a) => sum + a*a, 0))

/** The states of a GRU along a name, that of the empty beginning first. */
const statesOf = (model, context) => context.map((_, t) => model.state(context.slice(0, t + 1)))

/** The units of a GRU, those that change least from letter to letter first. */
export function slowest(model) {
  const moved = new Float64Array(model.state([0]).length), sizes = new Float64Array(moved.length)
  for (const name of USUAL) {
    const states = statesOf(model, contextOf(model, name))
    states.slice(1).forEach((h, t) => h.forEach((x, j) => {
      moved[j] += Math.abs(x - states[t][j])
      sizes[j] += Math.abs(x)
    }))
  }
  return Array.from(moved.keys()).sort((a, b) => moved[a]/sizes[a] - moved[b]/sizes[b])
}

/** The last letter of a name: the state after it; how far it moved the state, from 0 to 1 for its opposite; and how much is left there
    of the first letter: the mean distance to the states of names that begin with another one, as a share of what it was after the
    first. */
export function memory(model, context) {
  const others = [...model.itos.keys()].filter(i => i > 0 && i !== context[1]), before = model.state(context.slice(0, -1))
  const apart = seen => others.reduce((sum, i) => sum + distance(model.state(seen), model.state([0, i, ...seen.slice(2)])), 0)
  const h = model.state(context)
  return {h, moved: distance(h, before)/(size(h) + size(before)), left: apart(context)/apart(context.slice(0, 2))}
}

/** A bar with its length in per cent. */
function share(className, x) {
  const bar = make('i'), made = make('span', {className: `play-share ${className}`}, bar, make('small', {textContent: `${Math.round(100*x)} %`}))
  bar.style.transform = `scaleX(${Math.min(x, 1)})`
  return made
}

/** The row of a letter: the units of the state in an order, a square each, and the two bars. */
function stateRow(letter, {h, moved, left}, order) {
  const canvas = make('canvas', {width: order.length, height: 1}), draw = canvas.getContext('2d')
  order.forEach((unit, x) => {
    draw.fillStyle = `rgba(${h[unit] > 0 ? UP : DOWN}, ${Math.min(Math.abs(h[unit]), 1)})`
    draw.fillRect(x, 0, 1, 1)
  })
  canvas.setAttribute('role', 'img')
  canvas.ariaLabel = `The ${order.length} units after ${letter}`
  return make('div', {className: 'play-state'}, make('b', {textContent: letter}), canvas, share('play-moved', moved), share('play-left', left))
}

/** The GRU's state along what is typed. */
function stateRows(model) {
  const order = slowest(model), titles = ['changed by it', 'first letter left']
  const ends = make('span', {className: 'play-ends'}, make('span', {textContent: 'slow units'}), make('span', {textContent: 'quick units'}))
  const head = make('div', {className: 'play-state play-small'}, make('b'), ends, ...titles.map(textContent => make('span', {textContent})))
  const nothing = make('p', {textContent: 'Type a letter to see the memory of it.'}), rows = []
  element('state').append(head, nothing)
  return text => {
    const context = contextOf(model, text), letters = context.slice(1).map(i => model.itos[i])
    const starts = letters.map((_, t) => letters.slice(0, t + 1).join(''))
    let kept = 0  // a beginning that has stayed keeps its row
    while (kept < rows.length && rows[kept].start === starts[kept]) kept++
    for (const {node} of rows.splice(kept)) node.remove()
    for (let t = kept; t < letters.length; t++) rows.push({start: starts[t], node: stateRow(letters[t], memory(model, context.slice(0, t + 2)), order)})
    element('state').append(...rows.slice(kept).map(({node}) => node))
    head.hidden = !rows.length
    nothing.hidden = !head.hidden
  }
}

/** What a head does most in a map of looks (rows of shares), over the rows that have a choice: the habit with the largest mean share. */
export function habit(map) {
  const rows = map.slice(2)
  if (!rows.length) return null
  const sum = shares => shares.reduce((a, b) => a + b, 0), mean = pick => sum(rows.map((row, t) => pick(row, t + 2)))/rows.length
  const found = [['the letter itself', mean((row, t) => row[t])], ['the letter before', mean((row, t) => row[t - 1])],
                 ['the beginning', mean(row => row[0])], [FARTHER, mean((row, t) => sum(row.slice(1, t - 1)))]]
  return found.reduce((best, one) => one[1] > best[1] ? one : best)
}

/** For each block and head the map of looks of a context: for each place the shares of the places that it may see. */
export function looks(model, context) {
  const places = context.map((_, t) => model.looked(context.slice(0, t + 1)))
  return places[0].map((heads, block) => heads.map((_, head) => places.map(place => place[block][head])))
}

/** A map of looks with its letters at the left and at the top. */
function drawMap(canvas, map, letters) {
  const draw = canvas.getContext('2d'), cell = (MAP - EDGE)/map.length
  draw.clearRect(0, 0, MAP, MAP)
  draw.font = `${Math.min(cell, 16)}px monospace`
  Object.assign(draw, {textAlign: 'center', textBaseline: 'middle', fillStyle: getComputedStyle(canvas).color})
  letters.forEach((c, t) => {
    draw.fillText(c, EDGE/2, EDGE + (t + .5)*cell)
    draw.fillText(c, EDGE + (t + .5)*cell, EDGE/2)
  })
  map.forEach((row, t) => row.forEach((share, s) => {
    draw.fillStyle = `rgba(${UP}, ${.06 + .94*share})`
    draw.fillRect(EDGE + s*cell, EDGE + t*cell, cell - 1, cell - 1)
  }))
}

/** The transformer's maps, one for each head. */
function lookMaps(model) {
  const seen = model.longest
  const figures = looks(model, [0]).flatMap((heads, block) => heads.map((_, head) => {
    const canvas = make('canvas', {width: MAP, height: MAP}), caption = make('figcaption')
    canvas.setAttribute('role', 'img')
    element('look').append(make('figure', {}, canvas, caption))
    return {canvas, caption, called: `Block ${block + 1}, head ${head + 1}`}
  }))
  const nothing = make('p', {textContent: 'Type a letter to see where it looks.'})
  element('look').before(nothing)
  return text => {
    const context = contextOf(model, [...text].slice(0, seen).join('')), letters = context.map(i => model.itos[i])
    nothing.hidden = !(element('look').hidden = letters.length === 1)
    looks(model, context).flat().forEach((map, k) => {
      const {canvas, caption, called} = figures[k], found = habit(map)
      drawMap(canvas, map, letters)
      caption.textContent = found && found[0] !== FARTHER ? `${called}: ${found[0]}, ${Math.round(100*found[1])} %` : called
      canvas.ariaLabel = `${caption.textContent}. A map of where each of ${letters.join(' ')} looks.`
    })
  }
}

/** The third view: a function that shows what happens at a text in the model that is chosen. */
export function insideView(models) {
  const by = name => models.find(m => m.name === name)
  const makers = {tree: () => treePictures(by('wavenet')), state: () => stateRows(by('gru')), look: () => lookMaps(by('transformer'))}
  const shown = {}, radios = [...document.getElementsByName('play-which')]
  let last = ''
  const show = text => {
    const which = radios.find(r => r.checked).value
    for (const key in makers) element(`inside-${key}`).hidden = key !== which
    shown[which] ??= makers[which]()
    shown[which](last = text)
  }
  for (const radio of radios) radio.addEventListener('change', () => show(last))
  return show
}
