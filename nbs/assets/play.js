// The playground's page: reads what is typed and chosen, asks the models, and shows what they say.

import {Bloom} from './bloom.js'
import {contextOf, load, predictions} from './models.js'
import {fetchTensors} from './safetensors.js'
import {sampling} from './sample.js'

const NAMES = ['bigram', '5-gram', 'mlp', 'wavenet', 'gru', 'transformer']
const SATURATED = -2.25  // below this input the slope of GELU is within .06 of zero, like that of a tanh beyond ±.97
const STRONGEST = {positive: 3, embedding: 1.5, negative: .5}  // the numbers of the strongest colours
const NOTHING = '–'  // stands where a model has no place any more
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
    const p = logProbs[m] ? Math.exp(logProbs[m][c]) : 0
    bar.style.transform = `scaleX(${p})`
    number.textContent = logProbs[m] ? (100*p).toFixed(1) : NOTHING
  }))
}

/** The table of surprises: for each model the mean, and the characters of `text` and its end, with nats. */
function showSurprise(models, text, found) {
  const hidden = textContent => make('span', {className: 'play-hidden', textContent})
  const head = ['model', ...text, 'end'].map(c => make('th', {scope: 'col'}, hidden(c)))
  const shown = nats => Number.isNaN(nats) ? NOTHING : nats.toFixed(2)
  head.splice(1, 0, make('th', {scope: 'col', textContent: 'mean'}))
  const rows = models.map((model, m) => {
    const letters = [...text], numbers = [...letters.map(c => model.itos.indexOf(c, 1)), 0]
    const nats = numbers.map((i, t) => found[m][t] ? -found[m][t][i] : NaN)
    const mean = nats.reduce((a, b) => a + b)/nats.length
    const cells = nats.map((x, t) => {
      const cell = make('td', {}, make('span', {textContent: letters[t] ?? model.itos[0]}), make('small', {textContent: shown(x)}))
      cell.style.background = `rgba(var(--down), ${Math.min(x/6 || 0, 1)*.75})`  // six nats and more are deepest
      return cell
    })
    return make('tr', {}, make('th', {scope: 'row', textContent: model.name}), make('td', {textContent: shown(mean)}), ...cells)
  })
  element('surprise').replaceChildren(make('thead', {}, make('tr', {}, ...head)), make('tbody', {}, ...rows))
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
        const strongest = STRONGEST[y > 0 ? 'positive' : level ? 'negative' : 'embedding']
        draw.fillStyle = `rgba(${y > 0 ? '15, 134, 201' : '217, 119, 43'}, ${Math.min(Math.abs(y)/strongest, 1)})`
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

/** What to say of the models that have no place for all of `text`. */
function tooLong(models, text) {
  const short = models.filter(m => [...text].length > m.longest)
  return short.map(m => `The ${m.name} has places for ${m.longest} characters, and says nothing about what comes after more.`).join(' ')
}

/** Show the predictions for what is typed now; `start` is when the key was pressed. */
function typing(models) {
  const showNext = nextTable(models), wavenet = models.find(m => m.name === 'wavenet'), showInside = insidePictures(wavenet)
  return (start = performance.now()) => {
    const text = element('text').value.trim().toLowerCase().normalize('NFC')
    try {
      const found = models.map(model => predictions(model, text))
      showNext(found.map(steps => steps.at(-1)))
      showSurprise(models, text, found)
      showInside(text)
      element('note').textContent = tooLong(models, text)
      document.body.getBoundingClientRect()  // the new layout is part of the time
      element('time').textContent = `Computed and laid out in ${(performance.now() - start).toFixed(1)} ms, in your browser.`
    } catch (e) { element('note').textContent = `${e.message}. The results below are those for what was typed before.` }
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
  const item = (word, known) => make('li', {className: known ? 'play-known' : '', textContent: word},
                                     make('span', {className: 'play-hidden', textContent: known ? ' (in the corpus)' : ''}))
  return async (n, pause) => {
    const mine = ++latest
    element('names').replaceChildren()
    try {
      const {model, ...options} = choices(models)
      element('drawn').textContent = 'Drawing…'
      for (const {words, open} of sampling(model, n, options)) {
        if (open && !pause) continue
        const known = words.map(w => !open && bloom.has(w)), marked = known.filter(x => x).length
        element('names').replaceChildren(...words.map((w, i) => item(w, known[i])))
        if (open) await new Promise(resolve => setTimeout(resolve, pause))
        if (mine !== latest) return
        if (!open) element('drawn').textContent = `${n === 1 ? `“${words[0]}”` : `${n} names`} from the ${model.name}; ${marked} of ${n} stand in the corpus `
          + `and are underlined. Of names that don't stand there, about ${(100*bloom.errorRate).toFixed(1)} % are underlined by mistake.`
      }
    } catch (e) { element('drawn').textContent = `${e.message}.` }
  }
}

async function start() {
  const models = await Promise.all(NAMES.map(load))
  const bloom = new Bloom(await fetchTensors(new URL('names.safetensors', import.meta.url)))
  const type = typing(models), draw = drawing(models, bloom)
  element('model').append(...models.map(m => make('option', {textContent: m.name, selected: m.name === 'wavenet'})))
  const showTemperature = () => { element('temperature-value').textContent = Number(element('temperature').value).toFixed(1) }
  element('text').addEventListener('input', event => type(event.timeStamp))
  element('temperature').addEventListener('input', showTemperature)
  element('one').addEventListener('click', () => draw(1, 200))
  element('hundred').addEventListener('click', () => draw(100, 0))
  showTemperature()
  type()
  Object.assign(element('all'), {hidden: false, disabled: false})
  element('status').textContent = `${models.length} models are here, in your browser; nothing that you type leaves it.`
}

try { await start() } catch (e) {
  element('status').className = 'play-bad'
  element('status').textContent = `The playground can't run here: ${e.message}. Reload the page; if this stays, try another browser, or report it.`
}
