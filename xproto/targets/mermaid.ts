import type { Model } from '../schema.ts'
import { linkGraph } from './link-graph.ts'
import type { Target } from './target.ts'

/** Any other name could be a word of Mermaid, or hold a character that means something to it. */
const isPlain = (name: string): boolean => /^[A-Z]\w+$/.test(name)

const createIds = (names: readonly string[]): ((name: string) => string) => {
  const odd = names.filter((name) => !isPlain(name))
  // No plain name starts with a small letter.
  const ids = new Map(odd.map((name, index) => [name, `model${index + 1}`]))
  return (name) => ids.get(name) ?? name
}

const memberLines = ({ name, fields, abstract }: Model): readonly string[] => [
  ...(abstract ? ['    <<abstract>>'] : []),
  ...fields.flatMap((field) =>
    field.kind === 'scalar' && field.declaredIn === name
      ? [`    ${field.name}: ${field.format === 'date' ? 'date' : field.type}`]
      : [],
  ),
]

/** The models asked for have their own fields in them; others are dashed. */
export const mermaid: Target = {
  summary: 'Mermaid class diagram of models and the links between them',
  generate: (schema, asked) => {
    const { models, neighbours, derivations, links } = linkGraph(schema, asked)
    const idOf = createIds([...models.map(({ name }) => name), ...neighbours])
    const declared = (name: string): string =>
      isPlain(name) ? `class ${name}` : `class ${idOf(name)}["${name}"]`
    const lines = [
      'classDiagram',
      '  direction LR',
      ...models.flatMap((model) => {
        const members = memberLines(model)
        const head = `  ${declared(model.name)}`
        return members.length === 0 ? [head] : [`${head} {`, ...members, '  }']
      }),
      ...neighbours.map((name) => `  ${declared(name)}:::neighbour`),
      ...derivations.map(({ from, to }) => `  ${idOf(to)} <|-- ${idOf(from)}`),
      ...links.map(
        ({ from, to, label, fromCount, toCount }) =>
          `  ${idOf(from)} "${fromCount}" --> "${toCount}" ${idOf(to)} : ${label}`,
      ),
      ...(neighbours.length === 0 ? [] : ['  classDef neighbour stroke-dasharray: 4']),
    ]
    return [{ path: 'models.mmd', text: `${lines.join('\n')}\n` }]
  },
}
