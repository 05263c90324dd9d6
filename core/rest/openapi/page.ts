import { escapedHtml, type Model, type Schema } from '#xproto'
import type { Json } from './shared.ts'

/** Written with backquotes around code, as in Markdown. */
const rich = (text: string): string => escapedHtml(text).replace(/`([^`]*)`/g, '<code>$1</code>')

const style = `
:root { color-scheme: light dark; --line: #8886; }
body { margin: 0 auto; padding: 1rem; max-width: 72rem; font: 1rem/1.5 system-ui, sans-serif; }
code { font-family: ui-monospace, monospace; font-size: 0.9em; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: 0.25rem 0.5rem; border: 1px solid var(--line); text-align: start; vertical-align: top; }
summary { cursor: pointer; }
`

type Described = { readonly summary?: string; readonly description?: string }

const methods = ['get', 'post', 'put', 'delete'] as const

type Path = Readonly<Partial<Record<(typeof methods)[number], Described>>>

const row = (...cells: readonly string[]): string =>
  `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`

const table = (headings: readonly string[], rows: readonly string[]): string =>
  `<table><thead><tr>${headings.map((heading) => `<th scope="col">${heading}</th>`).join('')}</tr></thead>` +
  `<tbody>${rows.join('\n')}</tbody></table>`

const pathRows = (paths: Json, path: string): readonly string[] => {
  const operations = (paths[path] ?? {}) as Path
  return methods.flatMap((method) => {
    const found = operations[method]
    return found === undefined
      ? []
      : [
          row(
            `<code>${method.toUpperCase()} ${escapedHtml(path)}</code>`,
            rich(found.summary ?? ''),
          ),
        ]
  })
}

const operationsTable = (paths: Json, names: readonly string[]): string =>
  table(
    ['Request', 'What it does'],
    names.flatMap((name) => pathRows(paths, name)),
  )

const fieldRow = ({ wireName, help, role, required }: Model['fields'][number]): string => {
  const notes = [...(required ? ['required'] : []), ...(role === 'declarative' ? [] : [role])]
  return row(`<code>${escapedHtml(wireName)}</code>`, escapedHtml(help), notes.join(', '))
}

const modelSection = (model: Model, paths: Json): string => `
<details id="${escapedHtml(model.name)}">
<summary><b>${escapedHtml(model.name)}</b> ${escapedHtml(model.description)}</summary>
${operationsTable(paths, [model.restPath, `${model.restPath}/{id}`])}
${table(['Field', 'What it is', ''], model.fields.map(fieldRow))}
</details>`

const appSection = (app: string, models: readonly Model[], paths: Json): string => `
<h2>${escapedHtml(app)}</h2>
${models
  .filter((model) => model.app === app)
  .map((model) => modelSection(model, paths))
  .join('')}`

const parameterRow = (parameter: Described & { readonly name: string; readonly in: string }) =>
  row(
    `<code>${escapedHtml(parameter.name)}</code>`,
    parameter.in,
    rich(parameter.description ?? ''),
  )

/** The same document for people: one page that needs nothing else, neither scripts nor the network. */
export const pageOf = (schema: Schema, document: Json): string => {
  const models = schema.models.filter(({ abstract }) => !abstract)
  const paths = document['paths'] as Json
  const ofModels = new Set(models.flatMap(({ restPath }) => [restPath, `${restPath}/{id}`]))
  const others = Object.keys(paths).filter((path) => !ofModels.has(path))
  const { parameters } = document['components'] as {
    readonly parameters: Readonly<Record<string, Parameters<typeof parameterRow>[0]>>
  }
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Syncstep REST API</title>
<style>${style}</style>
</head>
<body>
<h1>Syncstep REST API</h1>
<p>For programs: <a href="/apidocs/openapi.json">OpenAPI 3.1</a>. Show who you are with
<code>Authorization: Basic</code>, or with <code>x-xossession</code> and what <code>POST /xosapi/v1/utility/login</code>
answers. Every error has the body <code>{"error", "specific_error", "fields"}</code>.</p>
<h2>Parameters</h2>
${table(['Name', 'In', 'What it does'], Object.values(parameters).map(parameterRow))}
<h2>Beside models</h2>
${operationsTable(paths, others)}
${[...new Set(models.map(({ app }) => app))].map((app) => appSection(app, models, paths)).join('')}
</body>
</html>
`
}
