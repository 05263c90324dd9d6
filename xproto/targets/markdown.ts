import type { Block, Inline, Line, Section } from './reference-page.ts'
import { referencePage } from './reference.ts'
import type { Target } from './target.ts'

/** Everything on one line, and nothing in it that Markdown or HTML takes for its own. */
const escaped = (text: string): string =>
  text
    .replace(/\s+/g, ' ')
    .replace(/[\\`*_{}[\]<>#|~&$!]/g, '\\$&')
    .replace(/^( ?\d*)([-+=.)])/, '$1\\$2')

const longestRun = (text: string): number =>
  Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))

const codeSpan = (text: string): string => {
  const fence = '`'.repeat(longestRun(text) + 1)
  const line = text.replace(/\s+/g, ' ').replaceAll('|', '\\|')
  return line.includes('`') || line.trim() === ''
    ? `${fence} ${line} ${fence}`
    : fence + line + fence
}

const inlineText = (inline: Inline): string => {
  switch (inline.kind) {
    case 'text':
      return escaped(inline.text)
    case 'code':
      return codeSpan(inline.text)
    case 'link':
      return `[${escaped(inline.text)}](#${inline.to})`
  }
}

const lineText = (line: Line): string => line.map(inlineText).join('').trim()

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

const blockText = (block: Block): string => {
  switch (block.kind) {
    case 'paragraph':
      return lineText(block.line)
    case 'facts':
      return block.facts.map(([name, value]) => `- ${escaped(name)}: ${lineText(value)}`).join('\n')
    case 'table':
      return [
        `**${escaped(block.caption)}**`,
        '',
        row(block.columns.map(escaped)),
        row(block.columns.map(() => '---')),
        ...block.rows.map((cells) => row(cells.map(lineText))),
      ].join('\n')
    case 'listing': {
      const fence = '`'.repeat(Math.max(3, longestRun(block.text) + 1))
      return [fence, block.text, fence].join('\n')
    }
  }
}

/** Anchors are written out: those that readers make of headings differ. */
const heading = (level: number, id: string, title: string): string =>
  `<a id="${id}"></a>\n\n${'#'.repeat(level)} ${escaped(title)}`

const contents = (sections: readonly Section[]): string =>
  sections.map(({ id, title }) => `- [${escaped(title)}](#${id})`).join('\n')

/** One page for a repository or a wiki. */
export const markdown: Target = {
  summary: 'reference page of the models in Markdown',
  generate: (schema, models) => {
    const { title, introduction, chapters } = referencePage(schema, models)
    const parts = [
      `# ${escaped(title)}`,
      lineText(introduction),
      ...chapters.flatMap((chapter) => [
        heading(2, chapter.id, chapter.title),
        contents(chapter.sections),
        ...chapter.sections.flatMap((section) => [
          heading(3, section.id, section.title),
          ...section.blocks.map(blockText),
        ]),
      ]),
    ]
    return [{ path: 'models.md', text: `${parts.join('\n\n')}\n` }]
  },
}
