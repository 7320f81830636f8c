// What a page does beside what Quarto makes of it.

/** Solutions open by the keyboard, too. */
function keys(header) {
  Object.assign(header, {role: 'button', tabIndex: 0})
  header.addEventListener('keydown', event => {
    if (event.key !== 'Enter' && event.key !== ' ') return
    event.preventDefault()
    header.click()
  })
}

/** On a phone, where there is no column beside the text, the chapter's contents stand folded under its title. */
function contents() {
  const toc = document.querySelector('#TOC > ul'), title = document.getElementById('title-block-header')
  if (!toc || !title) return
  const details = document.createElement('details'), nav = document.createElement('nav'), list = toc.cloneNode(true)
  for (const link of list.querySelectorAll('a')) for (const name of ['id', 'class', 'data-scroll-target']) link.removeAttribute(name)
  for (const e of [list, ...list.querySelectorAll('[id], .collapse')]) { e.removeAttribute('id'); e.classList.remove('collapse') }
  nav.setAttribute('aria-label', 'Contents of this page, folded')
  details.className = 'contents'
  details.append(Object.assign(document.createElement('summary'), {textContent: 'On this page'}), list)
  nav.append(details)
  title.after(nav)
}

/** What scrolls by itself can be reached, and so be scrolled, by the keyboard. A formula in a line scrolls where the line is too short for it. */
function scrolling() {
  for (const e of document.querySelectorAll('.math.inline')) {
    e.classList.remove('wide')
    const room = e.closest('p, li, td, dd, figcaption, div')?.clientWidth ?? Infinity
    e.classList.toggle('wide', e.getBoundingClientRect().width > room)
  }
  for (const e of document.querySelectorAll('.cell-output pre, div.sourceCode, main table, .math.display, .math.wide')) {
    if (e.scrollWidth > e.clientWidth + 1) e.tabIndex = 0
    else e.removeAttribute('tabindex')
  }
}

addEventListener('DOMContentLoaded', () => {
  document.querySelectorAll('.callout-header[data-bs-toggle]').forEach(keys)
  contents()
})
addEventListener('load', () => (window.MathJax?.startup?.promise ?? Promise.resolve()).then(scrolling))
addEventListener('resize', scrolling)
