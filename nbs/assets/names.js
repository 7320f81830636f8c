// The names of the first page, drawn anew in the reader's browser. Without this, those that `make docs` has drawn stay.

import {load} from './models.js'
import {sampling} from './sample.js'

const PAUSE = 60  // milliseconds for each letter
const place = document.getElementById('names'), count = place.querySelectorAll('.name').length
const button = Object.assign(document.createElement('button'), {type: 'button', textContent: 'Draw others'})
let model

/** Draw names with another seed and show them, letter by letter unless the reader wants no motion. */
async function draw() {
  button.disabled = true
  try {
    model ??= await load('wavenet')
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches, seed = Math.floor(Math.random()*2**32)
    for (const {words, open} of sampling(model, count, {seed})) {
      if (open && calm) continue
      place.querySelectorAll('.name').forEach((span, i) => { span.textContent = words[i] })
      if (open) await new Promise(resolve => setTimeout(resolve, PAUSE))
    }
  } catch (e) { button.title = `${e.message}; the names above were drawn before` }
  button.disabled = false
}

button.addEventListener('click', draw)
place.after(button)
