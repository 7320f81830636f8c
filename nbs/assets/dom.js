// What the playground's views share: elements, and words for chances.

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

/** The name of a character, as one reads it aloud. */
export const spoken = (itos, i) => i ? (itos[i] === ' ' ? 'space' : itos[i]) : 'end'

/** The likeliest characters in words: “a 21 %, e 13 %”. */
export function likeliest(itos, p, n = 5) {
  const ranked = p.map((x, i) => [x, i]).sort((a, b) => b[0] - a[0]).slice(0, n).filter(([x]) => x > 0)
  return ranked.map(([x, i]) => `${spoken(itos, i)} ${percent(x)} %`).join(', ')
}
