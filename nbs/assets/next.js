// The first view: the next letters side by side, what was counted, and the surprise.

import {contextOf, predictions} from './models.js'
import {element, hidden, make, spoken} from './dom.js'
import {falling, strip} from './strip.js'

const NOTHING = '–'  // stands where a model has no place any more
const DEEPEST = 30  // nats have the deepest colour; it grows with the logarithm, so that 8 and 30 differ too
const FEW = 10  // times are thin evidence
const RARE = 1000  // times are so few that one more for each letter shows
const NEAR = .2  // nats: who differs by less is as good
const LONGEST_BAR = 5  // nats

/** How much a model sees, in words. */
function sees(m) {
  if (m.models) return 'all six, weighted'
  if (m.longest) return `sees up to ${m.longest}`
  if (m.wholeNames) return 'sees all letters'
  return m.blockSize === 1 ? 'sees one letter' : `sees ${m.blockSize} letters`
}

/** A strip under a name, and a line that says what it is. */
function stripRow(called, note, itos, add) {
  const {node, show} = strip(itos, add)
  const who = make('div', {className: 'play-who'}, make('b', {textContent: called}), make('small', {textContent: note}))
  return {row: make('div', {className: 'play-bar'}, who, node), show, who}
}

/** The strips of all models, in the order of the mixture's chances, so that a letter has the same place in each. */
function chances(models, add) {
  const rows = models.map(m => stripRow(m.name, sees(m), m.itos, add))
  element('strips').append(...rows.map(({row}) => row))
  return logProbs => {
    const known = logProbs.at(-1) ?? logProbs.find(x => x), order = falling(known)
    rows.forEach(({show}, m) => show(logProbs[m] && logProbs[m].map(Math.exp), order, models[m].name))
  }
}

/** What was counted after the last characters: a strip for each length, while there is one. */
function evidence(ngram, {alpha}, add) {
  const rows = Array.from({length: ngram.blockSize}, () => stripRow('', '', ngram.itos, add)), {itos} = ngram
  element('counted').append(...rows.map(({row}) => row))
  return text => {
    const context = contextOf(ngram, text), found = ngram.counted(context).slice(1), said = []
    rows.forEach(({row, show, who}, k) => {
      const n = found[k], seen = context.slice(-k - 1), shown = seen.map(i => itos[i]).join('')
      row.hidden = k > 0 && seen[1] === 0  // a boundary before a boundary tells nothing new
      if (row.hidden) return
      who.firstChild.textContent = shown[0] === itos[0] ? `begins ${shown.slice(1)}` : `after ${shown}`
      if (!n) {
        who.lastChild.textContent = 'never seen'
        show(null, [], `after ${shown}`, 'was never seen')
        return
      }
      const total = n.reduce((a, b) => a + b), p = n.map(x => x/total), best = n.indexOf(Math.max(...n))
      who.lastChild.textContent = `${total.toLocaleString('en')} ×`
      show(p, falling(p), `after ${shown}, ${total} times`)
      said.push({shown, total, best, times: n[best]})
    })
    const rare = said.length && said[0].total < RARE ? ` The bigram adds ${alpha} to each of these counts, so that no pair is impossible; after a `
      + 'letter as rare as this one it shows.' : ''
    element('why').textContent = because(said, itos) + rare
  }
}

/** A context in words: the boundary in front is the beginning of a name. */
function where(shown, itos) {
  const begins = shown[0] === itos[0], letters = begins ? shown.slice(1) : shown
  return [letters ? `after “${letters}”` : '', begins ? 'at the beginning of a name' : ''].filter(x => x).join(' ')
}

/** The evidence in two sentences. */
function because(said, itos) {
  const one = said[0], last = said.at(-1), first = ({shown, total, best, times}) => {
    const came = best ? `“${spoken(itos, best)}” came next` : 'the name ended'
    return `${where(shown, itos)}, ${came} ${times.toLocaleString('en')} of ${total.toLocaleString('en')} times`
  }
  if (!one) return 'What you typed last was never seen in the names that the models learned from.'
  const begin = `In the names that the models learned from, ${first(one)}.`
  const more = last === one ? '' : ` Further back, ${first(last)}: ${last.total < FEW ? 'so few cases are thin evidence' : 'a longer context says more, but is seen more rarely'}.`
  return `${begin}${more} No model was told a rule of spelling: each learned from such counts alone, and mixes them in its own way.`
}

/** The table of next characters, filled in only while it is open. */
function numbers(models) {
  const bars = [], head = models.map(m => make('th', {scope: 'col', textContent: m.name}))
  const rows = models[0].itos.map((c, i) => {
    const cells = models.map(() => make('td', {}, make('i', {ariaHidden: 'true'}), make('b')))
    bars.push(cells.map(cell => cell.children))
    return make('tr', {}, make('th', {scope: 'row', textContent: c}), ...cells)
  })
  element('next').append(make('thead', {}, make('tr', {}, make('td'), ...head)), make('tbody', {}, ...rows))
  let latest = []
  const fill = () => element('numbers').open && bars.forEach((row, c) => row.forEach(([bar, number], m) => {
    const p = latest[m] ? Math.exp(latest[m][c]) : 0
    bar.style.transform = `scaleX(${p})`
    number.textContent = latest[m] ? (100*p).toFixed(1) : NOTHING
  }))
  element('numbers').addEventListener('toggle', fill)
  return logProbs => {
    latest = logProbs
    fill()
  }
}

/** A cell with a bar as long as its number, of which `longest` fills it. */
function barCell(longest, className) {
  const bar = make('i', {ariaHidden: 'true'}), number = make('b')
  return {node: make('td', {role: 'cell', className: `play-mean ${className}`}, bar, number), show(x) {
    bar.style.transform = `scaleX(${Math.min(x/longest || 0, 1)})`
    bar.classList.toggle('play-over', x > longest)
    number.textContent = inNats(x)
  }}
}

/** A cell with a character and its surprise, which changes only what has changed. */
function natsCell() {
  const letter = make('span'), number = make('small'), node = make('td', {role: 'cell'}, letter, number)
  let shown = ''
  return {node, show(c, x) {
    if (shown === (shown = `${c} ${x}`)) return
    letter.textContent = c
    number.textContent = inNats(x)
    node.style.background = `rgba(var(--down), ${Math.min(Math.log1p(x)/Math.log1p(DEEPEST) || 0, 1)*.75})`
  }}
}

const mean = nats => nats.reduce((a, b) => a + b, 0)/nats.length  // NaN for none
const inNats = x => Number.isNaN(x) ? NOTHING : x.toFixed(2)

/** Make a row of cells as long as it has to be. */
function fit(row, cells, n, another) {
  while (cells.length > n) cells.pop().node.remove()
  while (cells.length < n) {
    cells.push(another())
    row.append(cells.at(-1).node)
  }
}

const column = content => make('th', {scope: 'col', role: 'columnheader'}, content)

/** A column's heading, which only those who listen need; null is the end, which all see. */
function headCell() {
  const node = column('')
  let shown = ''
  return {node, show(c) { if (shown !== c) node.replaceChildren((shown = c) === null ? 'end' : hidden(c)) }}
}

/** The table of surprises: for each model its mean over the `held` dev names, the mean over what is typed so far, and the nats of each
    character, and of the end. Its rows wrap, so its roles are written out. */
function surprises(models, held) {
  const headCells = []
  const head = make('tr', {role: 'row'}, column(hidden('model')), column(`${held} names`), column('so far'))
  const rows = models.map(model => {
    const many = barCell(LONGEST_BAR, 'play-many'), own = barCell(LONGEST_BAR, 'play-this')
    many.show(model.dev)
    return {own, cells: [], row: make('tr', {role: 'row'}, make('th', {scope: 'row', role: 'rowheader'}, make('b', {textContent: model.name}), make('small', {textContent: sees(model)})), many.node, own.node)}
  })
  element('surprise').append(make('thead', {role: 'rowgroup'}, head), make('tbody', {role: 'rowgroup'}, ...rows.map(({row}) => row)))
  return (text, found) => {
    const {itos} = models[0], letters = [...text, itos[0]], numbers = [...Array.from(text, c => itos.indexOf(c, 1)), 0]
    fit(head, headCells, letters.length, headCell)
    headCells.forEach(({show}, t) => show(t < letters.length - 1 ? letters[t] : null))
    rows.forEach(({row, own, cells}, m) => {
      const nats = numbers.map((i, t) => found[m][t] ? -found[m][t][i] : NaN)
      fit(row, cells, letters.length, natsCell)
      own.show(mean(nats.slice(0, -1)))
      nats.forEach((x, t) => cells[t].show(letters[t], x))
    })
  }
}

/** Who is least surprised, in a sentence. */
function least(models, text, found) {
  const numbers = Array.from(text, c => models[0].itos.indexOf(c, 1))
  const means = models.map((_, m) => mean(numbers.map((i, t) => found[m][t] ? -found[m][t][i] : NaN)))
  const ranked = means.map((x, m) => [x, models[m].name]).filter(([x]) => !Number.isNaN(x)).sort((a, b) => a[0] - b[0])
  const many = 'Over many names (the blue bars), those that see more are surprised less, or as little; the weighted mean of all six is surprised least.'
  if (!ranked.length) return many
  const [[lowest, winner], [highest, loser]] = [ranked[0], ranked.at(-1)]
  if (highest - lowest < NEAR) return many
  return `So far “${text}” has surprised the ${winner} least, by ${lowest.toFixed(2)} nats a letter, and the ${loser} most, `
    + `by ${highest.toFixed(2)}. One name is luck. ${many}`
}

/** The first view: a function that shows the predictions for a text. */
export function nextView(models, held, add) {
  const by = name => models.find(m => m.name === name)
  const showChances = chances(models, add), showNumbers = numbers(models), showCounted = evidence(by('5-gram'), by('bigram'), add)
  const showSurprise = surprises(models, held)
  return text => {
    const found = models.map(model => predictions(model, text)), next = found.map(steps => steps.at(-1))
    showChances(next)
    showCounted(text)
    showSurprise(text, found)
    element('least').textContent = least(models, text, found)
    showNumbers(next)
  }
}
