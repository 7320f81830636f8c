// The fifth view: a list of one's own, counted in the page.

import {counted, levelsOf, rowsOf, wordsOf} from './counts.js'
import {element} from './dom.js'
import {nameItem} from './draw.js'
import {sampling} from './sample.js'

const DRAWN = 12
const HELD = 10  // every tenth line is kept for measuring when a network learns from the list
const ONES = ['', ...'one two three four five six seven eight nine ten eleven twelve'.split(' '),
              ...'thir four fif six seven eigh nine'.split(' ').map(x => `${x}teen`)]
const TENS = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ')

/** A number from 1 to 999 in words. */
export function inWords(n) {
  if (n < 20) return ONES[n]
  if (n < 100) return TENS[Math.floor(n/10) - 2] + (n%10 ? `-${ONES[n%10]}` : '')
  return `${ONES[Math.floor(n/100)]} hundred${n%100 ? ` ${inWords(n%100)}` : ''}`
}

/** What a network learns from and is measured by: all lines but every tenth, and those. */
export function parts(words, vocab) {
  const held = words.filter((_, i) => i%HELD === HELD - 1), kept = words.filter((_, i) => i%HELD < HELD - 1)
  return {kept: kept.length, held: held.length, levels: levelsOf(kept, vocab, 3), dev: () => rowsOf(levelsOf(held, vocab, 3), [...vocab].length + 1)}
}

/** How many of `n` drawn words are in the list, `known`, and what that says. */
export function byHeart(known, n) {
  if (known === n) return `All ${n} are in your list: it is known by heart.`
  const begin = known ? `${known} of ${n} ${known === 1 ? 'is' : 'are'} in your list` : `None of ${n} is in your list`
  const rest = known ? 'the others are' : 'they are'
  return `${begin}: ${known > n/2 ? 'most of what is drawn is known by heart' : `${rest} put together from its pieces`}.`
}

/** The fifth view. `sources` gets the list, so that a network can be trained on it by `teach`. */
export function listView(sources, teach) {
  let models = null, words = [], seed = 0
  const draw = () => {
    const known = new Set(words)
    for (const key of ['pairs', 'longer']) {
      const found = [...sampling(models[key], DRAWN, {seed, maxLen: 60})].pop().words
      element(key).replaceChildren(...found.map(w => nameItem(w, known.has(w), 'in your list')))
      element(`${key}-said`).textContent = byHeart(found.filter(w => known.has(w)).length, found.length)
    }
  }
  const count = () => {
    try {
      words = wordsOf(element('words').value)
      const T = Number(element('longest').value)
      models = counted(words, T)
      sources.list = {...parts(words, models.vocab), itos: models.itos}
      element('source').options[1].disabled = false
      if (element('source').value === 'list') element('source').dispatchEvent(new Event('input'))
      element('mine').hidden = false
      seed = 0
      draw()
      const [lines, different, contexts] = [words.length, new Set(words).size, models.levels[T].key.length].map(x => x.toLocaleString('en'))
      element('counting').textContent = `${lines} lines, ${different} of them different, ${models.itos.length - 1} characters, `
        + `${contexts} contexts of ${T}. What is in your list is underlined. Only what followed in it is drawn: nothing is added for what was `
        + 'never seen. Change the longest context, and see how much is known by heart.'
    } catch (e) {
      element('mine').hidden = true
      element('counting').textContent = `${e.message}.`
    }
  }
  element('count').addEventListener('click', count)
  element('words').addEventListener('input', () => {  // what is shown is of another list
    element('mine').hidden = true
    element('counting').textContent = ''
    element('source').options[1].disabled = true
    if (element('source').value !== 'list') return
    element('source').value = 'names'
    element('source').dispatchEvent(new Event('input'))
  })
  element('longest').addEventListener('input', () => models && count())
  element('example').addEventListener('click', () => {
    element('words').value = Array.from({length: 999}, (_, i) => inWords(i + 1)).join('\n')
    count()
  })
  element('again').addEventListener('click', () => {
    seed++
    draw()
  })
  element('teach').addEventListener('click', () => {
    for (const [id, value] of Object.entries({source: 'list', how: 'good', rate: '0.01'})) {  // no bad start that was tried before
      element(id).value = value
      element(id).dispatchEvent(new Event('input'))
    }
    teach()
  })
}
