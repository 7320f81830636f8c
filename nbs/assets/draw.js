// The second view: names drawn, at a temperature.

import {contextOf} from './models.js'
import {element, hidden, make, percent, spoken} from './dom.js'
import {sampling, tempered} from './sample.js'
import {falling, strip} from './strip.js'

const AT_ONCE = 24, MANY = 100  // names that are drawn again with each change
const PAUSE = 800  // milliseconds for each letter of one name
const INPUTS = ['model', 'temperature', 'topk', 'seed', 'begin']

/** What is chosen; an Error that says what is wrong. */
function choices(models, text) {
  const whole = (id, called) => {
    const {value, min, max, validity} = element(id)
    if (!validity.valid) throw new Error(`${called} has to be a whole number from ${min} to ${max}`)
    return Number(value)
  }
  const model = models[element('model').selectedIndex], begin = element('begin').checked ? text : ''
  if ([...begin].length > (model.longest ?? Infinity))
    throw new Error(`The ${model.name} ends each name after ${model.longest} characters; begin with fewer`)
  contextOf(model, begin)  // an unknown character is an error
  return {model, temperature: Number(element('temperature').value), topK: whole('topk', 'Top-k'), seed: whole('seed', 'The seed'), begin,
          prompt: Array.from(begin, c => model.itos.indexOf(c, 1))}
}

/** The item of a name; `known` ones are marked, for eyes and ears. */
export const nameItem = (word, known, where = 'a real name') =>
  make('li', {className: known ? 'play-known' : '', textContent: word}, hidden(known ? ` (${where})` : ''))

/** What was drawn, in words. */
function said({model, n, words, marked, bloom}) {
  const drawn = n === 1 ? `“${words[0]}”` : `${n} names`, mistaken = `about ${(100*bloom.errorRate).toFixed(1)} %`
  const many = marked === 0 ? `none of the ${n} is a real name` : marked === 1 ? `1 of the ${n} is a real name, and underlined`
    : `${marked} of the ${n} are real names, and underlined`
  const real = n > 1 ? many : marked ? 'it is a real name, and underlined' : 'it is no real name'
  return `${drawn} from the ${model.name}; ${real}. (Of invented names, ${mistaken} are underlined by mistake.)`
}

/** Draw `n` names and show them; with a pause, one character at a time, the chances of the next in `strips`. A later call ends an
    earlier one. */
function drawing(models, bloom, typed, strips) {
  let latest = 0
  return async (n, pause) => {
    const mine = ++latest
    try {
      const {model, ...options} = choices(models, typed())
      const follow = async text => {
        strips(model, text, options)
        await new Promise(resolve => setTimeout(resolve, pause))
      }
      strips(model, options.begin, options)
      element('tempered').classList.remove('play-pale')
      element('names').classList.toggle('play-large', n === 1)
      if (pause) {
        element('drawn').textContent = 'Drawing…'
        element('names').replaceChildren(nameItem(options.begin, false))
        await follow(options.begin)
        if (mine !== latest) return
      }
      for (const {words, open} of sampling(model, n, options)) {
        if (open && !pause) continue
        const known = words.map(w => !open && bloom.has(w)), marked = known.filter(x => x).length
        element('names').replaceChildren(...words.map((w, i) => nameItem(w, known[i])))
        element('view-draw').classList.remove('play-stale')
        if (open) await follow(words[0])
        if (mine !== latest) return
        if (!open) element('drawn').textContent = said({model, n, words, marked, bloom})
      }
    } catch (e) {
      element('names').replaceChildren()
      element('tells').textContent = ''
      element('tempered').classList.add('play-pale')
      element('drawn').textContent = `${e.message}.`
    }
  }
}

/** What a temperature and top-k do, in words: `warm` are the chances at the temperature alone. */
function effect(itos, plain, warm, temperature, topK) {
  const only = !topK || topK >= itos.length ? '' : topK === 1 ? 'Only the likeliest letter can be drawn, at any temperature: all names are alike. '
    : `Only the ${topK} likeliest letters can be drawn. `
  if (topK === 1) return only
  if (temperature === 1) return only || 'At temperature 1 the model draws by its own chances.'
  const best = plain.indexOf(Math.max(...plain)), [now, before] = [warm[best], plain[best]].map(percent)
  const numbers = now === before ? '' : ` (“${spoken(itos, best)}” has ${now} % in place of ${before} %)`
  return only + (temperature < 1 ? `Below 1 what is likely gets likelier${numbers}: the names become tame, and alike.`
    : `Above 1 what is unlikely gets a better chance${numbers}: the names become wild, and hard to say.`)
}

/** The strip of the next letter by the model's own chances, and by those by which it is drawn. */
function temperedStrips(itos) {
  const rows = [1, 2].map(() => {
    const {node, show} = strip(itos), called = make('b'), note = make('small')
    return {row: make('div', {className: 'play-bar'}, make('div', {className: 'play-who'}, called, note), node), show, called, note}
  })
  element('tempered').append(...rows.map(({row}) => row))
  return (model, begin, {temperature, topK}) => {
    const logits = model.logits(contextOf(model, begin))
    if (!begin) logits[0] = -Infinity  // no name is empty
    const plain = tempered(logits, 1), order = falling(plain), after = begin ? `after “${begin}”` : 'first letter'
    const setting = `temperature ${temperature.toFixed(1)}${topK ? `, top ${topK}` : ''}`, words = [[after, 'its own chances'], ['as it draws', setting]]
    words.forEach(([called, note], k) => {
      rows[k].called.textContent = called
      rows[k].note.textContent = note
    })
    rows[0].show(plain, order, `${after}, its own chances`)
    const changed = tempered(logits, temperature, topK)
    rows[1].show(changed, order, `${after}, ${setting}`)
    element('tells').textContent = effect(itos, plain, tempered(logits, temperature), temperature, topK)
  }
}

/** The second view: a function to call when what is typed has changed, or the view is opened. */
export function drawView(models, bloom, typed) {
  const draw = drawing(models, bloom, typed, temperedStrips(models[0].itos))
  element('model').append(...models.map(m => make('option', {textContent: m.name, selected: m.name === 'wavenet'})))
  const change = () => {
    const temperature = Number(element('temperature').value)
    element('temperature-value').textContent = temperature.toFixed(1)
    element('prompt').textContent = typed() || '…'
    element('begin').disabled = !typed()
    if (!typed()) element('begin').checked = false
    const many = element('hundred').ariaPressed === 'true'
    element('hundred').textContent = many ? 'Fewer names' : 'A hundred names'
    return draw(many ? MANY : AT_ONCE, 0)
  }
  for (const id of INPUTS) element(id).addEventListener('input', change)
  element('one').addEventListener('click', () => draw(1, PAUSE))
  element('hundred').addEventListener('click', () => {
    element('hundred').ariaPressed = String(element('hundred').ariaPressed !== 'true')
    change()
  })
  element('other').addEventListener('click', () => {
    element('seed').value = Math.floor(Math.random()*100000)
    change()
  })
  return change
}
