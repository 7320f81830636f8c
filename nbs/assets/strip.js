// Strips: a field for each character, as wide as the character is likely, painted at once.

import {likeliest, make, percent, spoken} from './dom.js'

const LEAST = .001  // what is less likely has no field
const ROOM = {letter: 13, number: 24}  // pixels that a letter, and the per cent under it, need
const SMALL = .68  // of a letter's size has the per cent
const GROW = 150, FRAME = 16  // milliseconds in which fields take their new widths, and of which the first picture is ahead
const COLOURS = {vowel: {ground: '#0a6ca6', letter: '#fff'}, other: {ground: '#f3bf86', letter: '#2b1a05'}, end: {ground: '#d5d9e0', letter: '#222'}}
const EDGE = 'rgba(255, 255, 255, .75)'
const motion = matchMedia('(prefers-reduced-motion: no-preference)')

/** What kind of character it is, which gives a field its colour: the end, a vowel, or another. */
function kind(c, i) {
  if (!i) return 'end'
  return 'aeiouy'.includes(c.normalize('NFD')[0].toLowerCase()) ? 'vowel' : 'other'
}

/** All characters, the likeliest first. */
export const falling = p => Array.from(p.keys()).sort((a, b) => p[b] - p[a])

/** The fields of probabilities `p` side by side in an order, in a strip so many pixels wide: each with its character and its chance. */
function fieldsOf(p, order, across) {
  let end = 0
  const fields = order.map(i => ({i, p: p[i], left: end, width: (end += p[i]*across, p[i]*across)}))
  return fields.filter(field => field.p >= LEAST)
}

/** Paint fields with their letters, and per cents where there is room, in a strip of a size. */
function paint(pen, fields, itos, kinds, {width, height, scale}) {
  const write = (text, field, y, zoom = 1) => {  // one font at two sizes is quicker than two fonts
    pen.setTransform(scale*zoom, 0, 0, scale*zoom, scale*(field.left + field.width/2), scale*y*height)
    pen.fillText(text, 0, 0)
  }
  pen.setTransform(scale, 0, 0, scale, 0, 0)
  pen.clearRect(0, 0, width, height)
  for (const {i, left, width} of fields) {
    pen.fillStyle = COLOURS[kinds[i]].ground
    pen.fillRect(left, 0, width, height)
    pen.fillStyle = EDGE
    pen.fillRect(left + width - 1, 0, 1, height)
  }
  for (const field of fields) {
    if (field.width < ROOM.letter) continue
    const numbered = field.width >= ROOM.number
    pen.fillStyle = COLOURS[kinds[field.i]].letter
    write(itos[field.i], field, numbered ? .34 : .5)
    if (numbered) write(percent(field.p), field, .76, SMALL)
  }
}

/** A strip; `show` fills it. A click on a field calls `add`. Its `fields` are those that are painted. */
export function strip(itos, add = null) {
  const canvas = make('canvas'), node = make('div', {className: 'play-strip', fields: []}, canvas), pen = canvas.getContext('2d')
  const kinds = itos.map(kind)
  let size = null, now = null, order = [], frame = 0
  node.setAttribute('role', 'img')
  const repaint = () => {
    if (!size?.width) return
    node.fields = now ? fieldsOf(now, order, size.width) : []
    paint(pen, node.fields, itos, kinds, size)
  }
  new ResizeObserver(([{contentRect: {width, height}}]) => {
    const scale = devicePixelRatio
    Object.assign(canvas, {width: Math.round(width*scale), height: Math.round(height*scale)})
    size = {width: canvas.width/scale, height: canvas.height/scale, scale}
    Object.assign(pen, {font: `600 ${height/2.3}px monospace`, textAlign: 'center', textBaseline: 'middle'})
    repaint()
  }).observe(node)

  /** The field under a pointer. */
  const under = event => {
    const x = event.clientX - node.getBoundingClientRect().left
    return node.fields.find(({left, width}) => left <= x && x < left + width)
  }
  node.addEventListener('pointermove', event => {
    const field = under(event)
    node.title = field ? `${spoken(itos, field.i)} ${percent(field.p)} %` : ''
    node.style.cursor = add && field?.i && field.width >= ROOM.letter ? 'pointer' : ''
  })
  if (add) node.addEventListener('click', event => {
    const field = under(event)
    if (field?.i && field.width >= ROOM.letter) add(itos[field.i])  // what can't be read isn't typed
  })

  /** Show probabilities `p` in an order of the characters, or none, and say why; `called` is what is shown. */
  const show = (p, places, called, otherwise = 'has no place for so many characters') => {
    node.classList.toggle('play-nothing', !p)
    node.ariaLabel = `${called}: ${p ? likeliest(itos, p) : otherwise}`
    const from = now, began = performance.now() - FRAME
    order = places
    cancelAnimationFrame(frame)
    const grow = time => {
      const left = (1 - Math.min((time - began)/GROW, 1))**2  // of the way
      now = left ? p.map((x, i) => x + left*(from[i] - x)) : p
      repaint()
      if (left) frame = requestAnimationFrame(grow)
    }
    if (motion.matches && from && p) frame = requestAnimationFrame(grow)
    else now = p, repaint()
  }
  return {node, show}
}
