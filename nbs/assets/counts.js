// Counting: what follows each context in a list of words, as `suffix_counts` in Python counts it.

import {Bigram, NGram, signed} from './models.js'

const MOST_LINES = 100000, LONGEST = 200, MOST_CHARACTERS = 2000
// What can't be seen doesn't belong to a word's ends
const ENDS = /^[\s\u200b-\u200f\u2060\ufeff]+|[\s\u200b-\u200f\u2060\ufeff]+$/gu

/** The words of a pasted text: its lines, without blank ones; an Error says what is wrong with it. */
export function wordsOf(text) {
  const words = text.normalize('NFC').split('\n').map(line => line.replace(ENDS, '')).filter(line => line)
  const lines = `${words.length} ${words.length === 1 ? 'line' : 'lines'}`
  if (words.length < 10) throw new Error(`The list has ${lines}. Write ten or more, one name in each`)
  if (words.length > MOST_LINES) throw new Error(`The list has ${lines}. More than ${MOST_LINES} are too many for this page`)
  const long = words.find(w => w.length > LONGEST)
  const characters = new Set(words.join('')).size
  if (characters > MOST_CHARACTERS)
    throw new Error(`The list has ${characters} different characters. More than ${MOST_CHARACTERS} are too many for this page`)
  if (long) throw new Error(`“${long.slice(0, 20)}…” has ${long.length} characters. Write one name in each line, `
    + `of ${LONGEST} characters at most`)
  return words
}

/** The characters of some words, sorted as Python sorts them. */
export const vocabOf = words => [...new Set(words.join(''))].sort((a, b) => a.codePointAt(0) - b.codePointAt(0)).join('')

/** All words in a row as numbers, `T` boundaries before each and one at the end; and where in the row a next character stands. */
function stream(words, vocab, T) {
  const number = new Map([...vocab].map((c, i) => [c, i + 1])), row = [], places = []
  for (const word of words) {
    for (let t = 0; t < T; t++) row.push(0)
    for (const c of word) {
      places.push(row.length)
      row.push(number.get(c))
    }
    places.push(row.length)
    row.push(0)
  }
  return {row, places}
}

/** The distinct numbers in `values`, rising; the place of each value among them; and how often each occurs. */
function distinct(values) {
  const sorted = Float64Array.from(values).sort(), found = [], times = []
  for (const x of sorted) {
    if (found.length && found.at(-1) === x) times[times.length - 1]++
    else found.push(x), times.push(1)
  }
  const place = new Map(found.map((x, i) => [x, i]))
  return {found, times, places: values.map(x => place.get(x))}
}

/** The counts of the last 0, 1, … T characters before each character. Context u of a level is followed by the characters `next[e]`,
    `weight[e]` times each, for e from `start[u]` to before `start[u + 1]`; its `key[u]` is r·V + c: without its first character c, it
    is context r of the level before. */
export function levelsOf(words, vocab, T) {
  const {row, places} = stream(words, vocab, T), V = [...vocab].length + 1, levels = []
  let node = places.map(() => 0)
  for (let k = 0; k <= T; k++) {
    const contexts = distinct(k ? places.map((at, e) => node[e]*V + row[at - k]) : node)
    node = contexts.places
    const pairs = distinct(places.map((at, e) => node[e]*V + row[at])), start = new Array(contexts.found.length + 1).fill(0)
    for (const pair of pairs.found) start[Math.floor(pair/V) + 1]++
    for (let u = 1; u < start.length; u++) start[u] += start[u - 1]
    levels.push({key: contexts.found, start, next: pairs.found.map(pair => pair%V), weight: pairs.times})
  }
  return levels
}

/** The rows that a network learns from, those of the last level: contexts `x`, U times T, and counts of what followed `n`, U times V. */
export function rowsOf(levels, V) {
  const T = levels.length - 1, {start, next, weight} = levels[T], U = start.length - 1
  const x = new Int32Array(U*T), n = new Float64Array(U*V)
  for (let u = 0; u < U; u++) {
    let node = u
    for (let k = T; k > 0; k--) {  // the character farthest back is in the key of the longest context
      const key = levels[k].key[node]
      x[u*T + T - k] = key%V
      node = Math.floor(key/V)
    }
    for (let e = start[u]; e < start[u + 1]; e++) n[u*V + next[e]] = weight[e]
  }
  return {x, n, U, T, V}
}

/** The same rows from a file of tools/playdata.py: contexts as numbers to the base V, rising, and kept as differences. */
export function unpackRows({code, start, next, weight}, V, T) {
  const U = code.data.length, x = new Int32Array(U*T), n = new Float64Array(U*V)
  let context = 0, e = 0, end = start.data[0]
  for (let u = 0; u < U; u++) {
    context += code.data[u]
    for (let t = T - 1, rest = context; t >= 0; t--, rest = Math.floor(rest/V)) x[u*T + t] = rest%V
    for (end += start.data[u + 1]; e < end; e++) n[u*V + next.data[e]] = weight.data[e]
  }
  return {x, n, U, T, V}
}

/** How many words some rows count: as many as ends. */
export function endsIn({n, U, V}) {
  let ends = 0
  for (let r = 0; r < U; r++) ends += n[r*V]
  return ends
}

/** Two counting models of some words: of pairs, and of contexts of up to `T` characters, 1 or more. Nothing is added for what was never
    counted, and no count is discounted: so both draw pieces of the words only, however few these are. */
export function counted(words, T) {
  const vocab = vocabOf(words), itos = signed(vocab), V = itos.length, n = new Float64Array(V*V)
  const levels = levelsOf(words, vocab, T)
  const {key, start, next, weight} = levels[1]
  key.forEach((c, u) => { for (let e = start[u]; e < start[u + 1]; e++) n[c*V + next[e]] = weight[e] })
  const parts = levels.flatMap((level, k) => Object.entries(level).map(([name, data]) => [`${k}.${name}`, {data}]))
  const pairs = new Bigram({config: {alpha: 0}}, {n: {shape: [V, V], data: n}})
  const longer = new NGram({config: {block_size: T, discount: 0}, vocab}, Object.fromEntries(parts))
  return {vocab, itos, levels, pairs: Object.assign(pairs, {name: 'pairs', itos}),
          longer: Object.assign(longer, {name: `${T + 1}-gram`, itos})}
}
