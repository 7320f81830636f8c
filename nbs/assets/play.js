// The playground's page: loads the models, and hands what is typed and chosen to the view that is open.

import {Bloom} from './bloom.js'
import {endsIn, rowsOf, unpackRows} from './counts.js'
import {element, percent} from './dom.js'
import {drawView} from './draw.js'
import {insideView} from './inside.js'
import {listView} from './list.js'
import {contextOf, load, Mixture} from './models.js'
import {nextView} from './next.js'
import {fetchTensors} from './safetensors.js'
import {trainView} from './training.js'

const NAMES = ['bigram', '5-gram', 'mlp', 'wavenet', 'gru', 'transformer']
const SEEN = ['bigram', 'mlp', '5-gram', 'wavenet', 'gru', 'transformer']  // those that see least first
const VIEWS = ['next', 'draw', 'inside', 'train', 'list']
const LINKED = {prompt: 'text', model: 'model', temperature: 'temperature', topk: 'topk', seed: 'seed'}  // in a link -> its element

/** What is typed, in small letters. */
const written = () => element('text').value.trim().toLowerCase().normalize('NFC')

/** What is typed, as the models read it: without accents and apostrophes, which the names that they learned from don't have. */
const typed = () => written().normalize('NFD').replace(/[\p{M}'’‘ʼ`´]/gu, '').normalize('NFC')

/** What to say where that differs from what is typed. */
const folded = () => written() === typed() ? '' : `Read as “${typed()}”: the models know no accents and no apostrophes. `

/** What to say of the models that have no place for all of `text`, and of a box that has none. */
function tooLong(models, text) {
  const {value, maxLength} = element('text'), full = value.length >= maxLength ? `More than ${maxLength} characters can’t be typed here. ` : ''
  const short = models.filter(m => [...text].length > m.longest)
  return full + short.map(m => `The ${m.name} has places for ${m.longest} characters, and says nothing about what comes after more.`).join(' ')
}

/** Tabs, by mouse, and by arrows, Home and End; `opened` is called with the name of the view. What it returns opens a view. */
function tabs(opened) {
  const buttons = VIEWS.map(view => element(`tab-${view}`))
  const open = view => {
    for (const v of VIEWS) {
      const chosen = v === view, button = element(`tab-${v}`)
      button.setAttribute('aria-selected', chosen)
      button.tabIndex = chosen ? 0 : -1
      element(`view-${v}`).hidden = !chosen
    }
    element('top').hidden = view === 'train' || view === 'list'  // what is typed plays no part there
    opened(view)
  }
  buttons.forEach((button, i) => {
    button.addEventListener('click', () => open(VIEWS[i]))
    button.addEventListener('keydown', event => {
      const n = VIEWS.length, to = {ArrowRight: (i + 1)%n, ArrowLeft: (i + n - 1)%n, Home: 0, End: n - 1}[event.key]
      if (to === undefined) return
      event.preventDefault()
      open(VIEWS[to])
      buttons[to].focus()
    })
  })
  return open
}

/** Put in what the address says, behind the sign #, which browsers send to no server; the view that it names, or the first. */
function fromLink() {
  const said = new URLSearchParams(location.hash.slice(1))
  for (const [key, id] of Object.entries(LINKED)) {
    if (!said.has(key)) continue
    const {value} = element(id)
    element(id).value = said.get(key)
    if (!element(id).value && key !== 'prompt') element(id).value = value  // no such model, or no number
  }
  element('begin').checked = said.get('begin') === 'yes'
  element('hundred').ariaPressed = String(said.get('n') === '100')
  return VIEWS.includes(said.get('view')) ? said.get('view') : 'next'
}

/** The address of what is chosen now. */
function link() {
  const said = new URLSearchParams({view: 'draw'})
  for (const [key, id] of Object.entries(LINKED)) if (element(id).value) said.set(key, element(id).value)
  if (element('begin').checked) said.set('begin', 'yes')
  if (element('hundred').ariaPressed === 'true') said.set('n', '100')
  return `${location.href.split('#')[0]}#${said}`
}

/** Copy the address, and put it into the browser's own line. */
async function copyLink() {
  if (!element('seed').validity.valid || !element('topk').validity.valid) {
    element('linked').textContent = 'There is no link to this: the seed and top-k have to be whole numbers in their range.'
    return
  }
  history.replaceState(null, '', link())
  try {
    await navigator.clipboard.writeText(location.href)
    element('linked').textContent = 'The link is copied. It holds the model, what is typed, temperature, top-k, seed, and how many names.'
  } catch { element('linked').textContent = 'The link is in your browser’s address line now.' }
}

/** Load everything: the six models, the mixture, the filter of known names, and what a training needs. */
async function loaded() {
  const file = name => fetchTensors(new URL(name, import.meta.url))
  const [models, filter, {metadata, tensors}] =
    await Promise.all([Promise.all(NAMES.map(load)), file('names.safetensors'), file('dev.safetensors')])
  const by = name => models.find(m => m.name === name), said = JSON.parse(metadata.makemore_lit_play)
  for (const m of models) m.dev = m.card.losses.dev
  const mixed = Object.assign(new Mixture(said.models.map(by), said.weights), {dev: said.dev}), ngram = by('5-gram')
  const sources = {names: {levels: ngram.levels.slice(0, 4).map(({key, start, next, weight}) => ({key, start, next, weight})),
                           dev: () => unpackRows(tensors, ngram.V, 3), itos: ngram.itos}}
  return {models: [...SEEN.map(by), mixed], bloom: new Bloom(filter), sources}
}

async function start() {
  const {models, bloom, sources} = await loaded(), {levels, dev, itos} = sources.names
  const learned = endsIn(rowsOf(levels.slice(0, 2), itos.length)).toLocaleString('en'), held = endsIn(dev()).toLocaleString('en')
  Object.assign(sources.names, {kept: learned, held})
  element('held').textContent = held
  const mixed = models.at(-1)
  element('weights').textContent = mixed.models.map((m, k) => `${m.name} ${percent(mixed.weights[k])} %`).join(', ')
  let view = 'next'
  const add = c => {
    element('text').value += c
    show()
  }
  let answered = ''  // the text of the results that are shown
  const views = {next: nextView(models, held, add), inside: insideView(models), draw: drawView(models, bloom, typed)}
  const train = trainView(sources), [tries, questions] = ['tries', 'questions'].map(id => element(id).querySelectorAll('button'))
  const unmark = () => { for (const button of questions) button.ariaPressed = 'false' }

  /** Show what is typed in the view that is open. */
  function show() {
    const text = typed()
    unmark()
    try {
      contextOf(models[0], text)  // an unknown character is an error here
      element('note').textContent = folded() + tooLong(models.slice(0, -1), text)
      views[view]?.(text)
      answered = text
      stale(false)
    } catch (e) {
      if (view !== 'draw') views[view]?.(answered)
      stale(true)
      const pale = view !== 'draw' || element('begin').checked
      element('note').textContent = `${e.message}.${pale ? ` What is pale below is for “${answered}”.` : ''}`
    }
    for (const button of tries) button.setAttribute('aria-pressed', button.textContent === text)
  }

  /** Results of a text that isn't the one typed are grey. */
  function stale(is) {
    for (const v of ['next', 'inside']) element(`view-${v}`).classList.toggle('play-stale', is)
    element('view-draw').classList.toggle('play-stale', is && element('begin').checked)
  }

  const open = tabs(name => {
    view = name
    show()
  })
  const teach = () => {
    open('train')
    element('tab-train').focus()
    train()
  }
  listView(sources, teach)
  element('all').addEventListener('input', unmark)
  for (const button of questions) button.addEventListener('click', () => {
    const {view, look, which, ...values} = button.dataset  // the other keys are names of controls
    if (view === 'draw') element('begin').checked = false
    if (which) document.querySelector(`[name=play-which][value=${which}]`).checked = true
    for (const [id, value] of Object.entries(values)) {
      element(id).value = value
      element(id).dispatchEvent(new Event('input'))
    }
    if (view === 'train') teach()
    else open(view)
    element(`tab-${view}`).focus({preventScroll: true})
    element(look ?? 'tabs').scrollIntoView({behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth'})
    button.ariaPressed = 'true'
  })
  element('text').addEventListener('input', show)
  for (const button of tries) button.addEventListener('click', () => {
    element('text').value = button.textContent
    show()
  })
  element('link').addEventListener('click', copyLink)
  open(fromLink())
  Object.assign(element('all'), {hidden: false, disabled: false})
  element('status').textContent = ''
}

try { await start() } catch (e) {
  element('status').className = 'play-bad'
  element('status').textContent = `The playground can’t run here: ${e.message}. Reload the page; if this stays, try another browser, or report it.`
}
