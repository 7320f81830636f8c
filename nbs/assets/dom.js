// What the playground's views share: elements, and strips that show chances.

const LEAST = .001  // what is less likely has no field

export const element = id => document.getElementById(`play-${id}`)

/** A new element with properties and children. */
export function make(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties)
  made.append(...children)
  return made
}

/** Text for screen readers only. */
export const hidden = textContent => make('span', {className: 'play-hidden', textContent})

export const percent = p => p >= .0995 ? `${Math.round(100*p)}` : (100*p).toFixed(1)

/** What kind of character it is, which gives a field its colour: the end, a vowel, or another. */
function kind(c, i) {
  if (!i) return 'end'
  return 'aeiouy'.includes(c.normalize('NFD')[0].toLowerCase()) ? 'vowel' : 'other'
}

/** The name of a character, as one reads it aloud. */
export const spoken = (itos, i) => i ? (itos[i] === ' ' ? 'space' : itos[i]) : 'end'

/** The likeliest characters in words: “a 21 %, e 13 %”. */
export function likeliest(itos, p, n = 5) {
  const ranked = p.map((x, i) => [x, i]).sort((a, b) => b[0] - a[0]).slice(0, n).filter(([x]) => x > 0)
  return ranked.map(([x, i]) => `${spoken(itos, i)} ${percent(x)} %`).join(', ')
}

/** A strip with a field for each character, as wide as the character is likely; `show` fills it. A click on a field calls `add`. */
export function strip(itos, add = null) {
  const fields = itos.map((c, i) => make('span', {className: `play-field play-${kind(c, i)}`}, make('b', {textContent: c}), make('small')))
  const node = make('div', {className: 'play-strip'}, ...fields)
  node.setAttribute('role', 'img')
  if (add) node.addEventListener('click', event => {
    const i = fields.indexOf(event.target.closest('.play-field'))
    if (i > 0) add(itos[i])
  })
  const shown = fields.map(() => null)
  /** Show probabilities `p`, or nothing; `rank[i]` says which place character i has in the strip, and `called` what is shown. */
  const show = (p, rank, called) => {
    node.classList.toggle('play-nothing', !p)
    node.ariaLabel = `${called}: ${p ? likeliest(itos, p) : 'has no place for so many characters'}`
    fields.forEach((field, i) => {
      const x = p ? p[i] : 0
      if (shown[i] === x && field.rank === rank[i]) return
      if (field.rank !== rank[i]) field.style.order = field.rank = rank[i]
      field.style.flexGrow = shown[i] = x
      field.hidden = x < LEAST
      if (field.hidden) return
      field.classList.toggle('play-narrow', x < .025)
      field.classList.toggle('play-wide', x >= .07)
      field.lastChild.textContent = x >= .07 ? percent(x) : ''
    })
  }
  return {node, show}
}

/** The place of each character when the likeliest stands first. */
export function ranks(p) {
  const rank = new Array(p.length)
  p.map((x, i) => [x, i]).sort((a, b) => b[0] - a[0]).forEach(([, i], place) => { rank[i] = place })
  return rank
}
