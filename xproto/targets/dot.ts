import type { Model } from '../schema.ts'
import { linkGraph, type LinkEdge } from './link-graph.ts'
import type { Target } from './target.ts'

/** Graphviz reads backslashes and HTML entities in its texts. */
const quoted = (text: string): string =>
  `"${text.replace(/\s+/g, ' ').trim().replaceAll('&', '&amp;').replace(/["\\]/g, '\\$&')}"`

const nodeLine = ({ name, description }: Model): string => {
  const tooltip = description.trim() === '' ? '' : ` [tooltip = ${quoted(description)}]`
  return `    ${quoted(name)}${tooltip}`
}

const clusterLines = (app: string, models: readonly Model[]): readonly string[] => [
  `  subgraph ${quoted(`cluster_${app}`)} {`,
  `    label = ${quoted(app)}`,
  ...models.map(nodeLine),
  '  }',
]

const linkLine = ({ from, to, label, fromCount, toCount }: LinkEdge): string =>
  `  ${quoted(from)} -> ${quoted(to)} [label = ${quoted(label)}, taillabel = ${quoted(fromCount)}, headlabel = ${quoted(toCount)}]`

/** Apps are boxes; models outside of those asked for are dashed; a hollow arrow points at what a model derives from. */
export const dot: Target = {
  summary: 'Graphviz graph of models and the links between them',
  generate: (schema, asked) => {
    const { models, neighbours, derivations, links } = linkGraph(schema, asked)
    const apps = [...new Set(models.map(({ app }) => app))].toSorted()
    const lines = [
      'digraph models {',
      '  rankdir = LR',
      '  node [shape = box, fontname = "sans-serif"]',
      '  edge [fontname = "sans-serif", fontsize = 10]',
      ...apps.flatMap((app) =>
        clusterLines(
          app,
          models.filter((model) => model.app === app),
        ),
      ),
      ...neighbours.map((name) => `  ${quoted(name)} [style = dashed]`),
      ...derivations.map(
        ({ from, to }) => `  ${quoted(from)} -> ${quoted(to)} [arrowhead = onormal]`,
      ),
      ...links.map(linkLine),
      '}',
    ]
    return [{ path: 'models.dot', text: `${lines.join('\n')}\n` }]
  },
}
