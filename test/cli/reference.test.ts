import path from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../support/syncstep-command.ts'
import { said } from '../support/said.ts'

const fenced = (text: string): string => `\`\`\`text\n${text.trim()}\n\`\`\`\n`

/** As the overview lists them, in its order. */
const namesIn = (overview: string): readonly string[] =>
  [...overview.matchAll(/^ {2}(\w+)/gm)].map(([, name = '']) => name)

const reference = async (): Promise<string> => {
  const { stdout: overview } = await said(['--help'])
  const sections = ['# Commands\n', fenced(overview)]
  for (const name of namesIn(overview)) {
    const { stdout: help } = await said([name, '--help'])
    sections.push(`## ${name}\n`, fenced(help))
  }
  return sections.join('\n')
}

test('docs/cli.md holds what --help says of each command, as npm run docs writes it', async () => {
  await expect(await reference()).toMatchFileSnapshot(path.join(root, 'docs/cli.md'))
})
