import { escapedHtml } from './escaped-html.ts'
import { style } from './html-style.ts'
import type { Block, Chapter, Inline, Line, Section } from './reference-page.ts'
import { referencePage } from './reference.ts'
import type { Target } from './target.ts'

const inlineText = (inline: Inline): string => {
  const text = escapedHtml(inline.text)
  switch (inline.kind) {
    case 'text':
      return text
    case 'code':
      return `<code>${text}</code>`
    case 'link':
      return `<a href="#${inline.to}">${text}</a>`
  }
}

const lineText = (line: Line): string => line.map(inlineText).join('')

const rowText = ([first = [], ...rest]: readonly Line[]): string =>
  `<tr><th scope="row">${lineText(first)}</th>${rest.map((cell) => `<td>${lineText(cell)}</td>`).join('')}</tr>`

const blockLines = (block: Block): readonly string[] => {
  switch (block.kind) {
    case 'paragraph':
      return [`<p>${lineText(block.line)}</p>`]
    case 'facts':
      return [
        '<dl>',
        ...block.facts.map(
          ([name, value]) => `<dt>${escapedHtml(name)}</dt><dd>${lineText(value)}</dd>`,
        ),
        '</dl>',
      ]
    case 'table':
      // Who scrolls by keyboard must be able to reach what is wider than the page.
      return [
        `<div class="wide" role="region" aria-label="${escapedHtml(block.caption)}" tabindex="0">`,
        '<table>',
        `<caption>${escapedHtml(block.caption)}</caption>`,
        `<thead><tr>${block.columns.map((name) => `<th scope="col">${escapedHtml(name)}</th>`).join('')}</tr></thead>`,
        '<tbody>',
        ...block.rows.map(rowText),
        '</tbody>',
        '</table>',
        '</div>',
      ]
    case 'listing':
      return [`<pre tabindex="0"><code>${escapedHtml(block.text)}</code></pre>`]
  }
}

const sectionLines = ({ id, title, blocks }: Section): readonly string[] => [
  `<section id="${id}" aria-labelledby="${id}-title">`,
  `<h3 id="${id}-title">${escapedHtml(title)}</h3>`,
  ...blocks.flatMap(blockLines),
  '</section>',
]

const chapterLines = ({ id, title, sections }: Chapter): readonly string[] => [
  `<section id="${id}" aria-labelledby="${id}-title">`,
  `<h2 id="${id}-title">${escapedHtml(title)}</h2>`,
  `<nav aria-label="${escapedHtml(title)}">`,
  '<ul>',
  ...sections.map(
    (section) => `<li><a href="#${section.id}">${escapedHtml(section.title)}</a></li>`,
  ),
  '</ul>',
  '</nav>',
  ...sections.flatMap(sectionLines),
  '</section>',
]

/** One page that stands alone: no script, and nothing that is fetched from elsewhere. */
export const html: Target = {
  summary: 'reference page of the models in HTML',
  generate: (schema, models) => {
    const { title, introduction, chapters } = referencePage(schema, models)
    const lines = [
      '<!doctype html>',
      '<html lang="en">',
      '<head>',
      '<meta charset="utf-8">',
      '<meta name="viewport" content="width=device-width, initial-scale=1">',
      `<title>${escapedHtml(title)}</title>`,
      `<style>${style}</style>`,
      '</head>',
      '<body>',
      '<main>',
      `<h1>${escapedHtml(title)}</h1>`,
      `<p>${lineText(introduction)}</p>`,
      ...chapters.flatMap(chapterLines),
      '</main>',
      '</body>',
      '</html>',
    ]
    return [{ path: 'models.html', text: `${lines.join('\n')}\n` }]
  },
}
