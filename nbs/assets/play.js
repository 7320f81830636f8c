// The playground's page: reads what is typed and chosen, asks the models, and shows what they say.

import {Bloom} from './bloom.js'
import {contextOf, load, predictions} from './models.js'
import {fetchTensors} from './safetensors.js'
import {sampling} from './sample.js'

const NAMES = ['bigram', '4-gram', 'mlp', 'wavenet']
const SATURATED = -2.25  // below this input the slope of GELU is under .06, like that of a tanh beyond ±.97
const element = id => document.getElementById(`play-${id}`)

/** A new element with properties and children. */
function make(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties)
  made.append(...children)
  return made
}

/** The table of next characters, built once; what it returns fills in new log-probabilities, a row for each model. */
function nextTable(models) {
  const bars = [], head = models.map(m => make('th', {scope: 'col', textContent: m.name}))
  const rows = models[0].itos.map((c, i) => {
    const cells = models.map(() => make('td', {}, make('i', {ariaHidden: 'true'}), make('b')))
    bars.push(cells.map(cell => cell.children))
    return make('tr', {}, make('th', {scope: 'row', textContent: c}), ...cells)
  })
  element('next').append(make('thead', {}, make('tr', {}, make('td'), ...head)), make('tbody', {}, ...rows))
  return logProbs => bars.forEach((row, c) => row.forEach(([bar, number], m) => {
    const p = Math.exp(logProbs[m][c])
    bar.style.transform = `scaleX(${p})`
    number.textContent = (100*p).toFixed(1)
  }))
}

/** The table of surprises: for each model, the characters of `text` and its end, with nats. */
function showSurprise(models, text, found) {
  const rows = models.map((model, m) => {
    const nats = Array.from(text + '.', (c, t) => -found[m][t][model.itos.indexOf(c)])
    const mean = nats.reduce((a, b) => a + b)/nats.length
    const cells = nats.map((x, t) => {
      const cell = make('td', {}, make('span', {textContent: (text + '.')[t]}), make('small', {textContent: x.toFixed(2)}))
      cell.style.background = `rgba(var(--down), ${Math.min(x/6, 1)*.75})`  // six nats and more are deepest
      return cell
    })
    return make('tr', {}, make('th', {scope: 'row', textContent: model.name}), ...cells, make('td', {textContent: mean.toFixed(2)}))
  })
  const body = make('tbody', {}, ...rows), old = element('surprise').querySelector('tbody')
  if (old) old.replaceWith(body)
  else element('surprise').append(body)
}

/** A picture for each layer, built once: the numbers of each place, under the characters that it has seen. */
function insidePictures(model) {
  const {layers} = model.inside(contextOf(model, '')), across = 64, cell = 12  // every layer is 64 cells wide
  const pictures = layers.map(({after}, level) => {
    const canvas = make('canvas', {width: across*cell, height: Math.ceil(after.length*after[0].length/across)*cell, role: 'img'})
    const places = make('div', {className: 'play-places', ariaHidden: 'true'}), caption = make('figcaption')
    element('inside').append(make('figure', {}, places, canvas, caption))
    return {canvas, places, caption, title: level ? `Hidden layer ${level}` : 'Embeddings'}
  })
  return text => {
    const context = contextOf(model, text), {layers} = model.inside(context)
    layers.forEach(({before, after}, level) => {
      const {canvas, places, caption, title} = pictures[level], draw = canvas.getContext('2d'), wide = across/after.length
      const span = context.length/after.length, seen = after.map((_, p) => context.slice(p*span, (p + 1)*span).map(i => model.itos[i]).join(''))
      let saturated = 0
      draw.clearRect(0, 0, canvas.width, canvas.height)
      after.forEach((units, place) => units.forEach((y, unit) => {
        const left = (place*wide + unit%wide)*cell, top = Math.floor(unit/wide)*cell
        draw.fillStyle = `rgba(${y > 0 ? '15, 134, 201' : '217, 119, 43'}, ${Math.min(Math.abs(y)/2.5, 1)})`
        draw.fillRect(left, top, cell - 1, cell - 1)
        if (!level || before[place][unit] >= SATURATED) return
        saturated++
        draw.fillStyle = '#848484'
        draw.fillRect(left + 3.5, top + 3.5, 4, 4)
      }))
      places.replaceChildren(...seen.map(textContent => make('span', {textContent})))
      const size = `${title}: ${after.length} ${after.length > 1 ? 'places' : 'place'}, ${after[0].length} numbers each`
      caption.textContent = level ? `${size}; ${saturated} of ${after.length*after[0].length} units are saturated.` : `${size}.`
      canvas.ariaLabel = `${caption.textContent} The places have seen ${seen.join(', ')}.`
    })
  }
}

/** Show the predictions for what is typed now; `start` is when the key was pressed. */
function typing(models) {
  const showNext = nextTable(models), wavenet = models.find(m => m.name === 'wavenet'), showInside = insidePictures(wavenet)
  return (start = performance.now()) => {
    const text = element('text').value.trim().toLowerCase()
    try {
      const found = models.map(model => predictions(model, text))
      showNext(found.map(steps => steps[text.length]))
      showSurprise(models, text, found)
      showInside(text)
      element('note').textContent = ''
    } catch (e) { element('note').textContent = `${e.message}. Below stands what was typed before.` }
    document.body.getBoundingClientRect()  // the new layout is part of the time
    element('status').textContent = `${models.length} models, all here in your browser. The last key took ${(performance.now() - start).toFixed(1)} ms.`
  }
}

/** What is chosen for sampling; an Error that says what is wrong. */
function choices(models) {
  const whole = (id, called) => {
    const {value, min, max, validity} = element(id)
    if (!validity.valid) throw new Error(`${called} has to be a whole number from ${min} to ${max}`)
    return Number(value)
  }
  return {model: models[element('model').selectedIndex], temperature: Number(element('temperature').value),
          topK: whole('topk', 'Top-k'), seed: whole('seed', 'The seed')}
}

/** Draw `n` names and show them; with a pause, one character at a time. A later call ends an earlier one. */
function drawing(models, bloom) {
  let latest = 0
  return async (n, pause) => {
    const mine = ++latest
    try {
      const {model, ...options} = choices(models)
      element('names').replaceChildren()
      for (const {words, open} of sampling(model, n, options)) {
        if (open && !pause) continue
        const known = open ? [] : words.filter(w => bloom.has(w))
        element('names').replaceChildren(...words.map(w => make('li', {className: known.includes(w) ? 'play-known' : '', textContent: w})))
        element('drawn').textContent = open ? `${n} begun…` : `${n} drawn from the ${model.name}; ${known.length} of them `
          + `stand in the corpus (underlined). A name that doesn't is taken for one that does in ${(100*bloom.errorRate).toFixed(1)} % of cases.`
        if (open) await new Promise(resolve => setTimeout(resolve, pause))
        if (mine !== latest) return
      }
    } catch (e) { element('drawn').textContent = `${e.message}.` }
  }
}

async function start() {
  const models = await Promise.all(NAMES.map(load))
  const bloom = new Bloom(await fetchTensors(new URL('names.safetensors', import.meta.url)))
  const type = typing(models), draw = drawing(models, bloom)
  element('model').append(...models.map(m => make('option', {textContent: m.name, selected: m.name === 'wavenet'})))
  element('text').addEventListener('input', event => type(event.timeStamp))
  element('temperature').addEventListener('input', event => {
    element('temperature-value').value = Number(event.target.value).toFixed(1)
  })
  element('one').addEventListener('click', () => draw(1, 200))
  element('hundred').addEventListener('click', () => draw(100, 0))
  type()
}

try { await start() } catch (e) {
  element('status').className = 'play-bad'
  element('status').textContent = `The playground can't run here: ${e.message}. Reload the page; if this stays, try another browser.`
}
