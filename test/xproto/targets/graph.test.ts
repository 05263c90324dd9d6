import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { compile, type Schema, type Source } from '#xproto'
import { dot } from '../../../xproto/targets/dot.ts'
import { mermaid } from '../../../xproto/targets/mermaid.ts'
import type { Target } from '../../../xproto/targets/target.ts'
import { everySource, listServices } from '../../fixtures/services/read.ts'

const schemaOf = (sources: readonly Source[]): Schema => {
  const { schema, diagnostics } = compile(sources)
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  return schema!
}

/** The text of a target for the models named, or for all. */
const textOf = (target: Target, schema: Schema, names?: readonly string[]): string => {
  const models = schema.models.filter(({ name }) => names?.includes(name) ?? true)
  const [file, ...rest] = target.generate(schema, models)
  expect(rest).toEqual([])
  return file!.text
}

const fleet = schemaOf([
  {
    file: 'fleet.xproto',
    text: `
option app_label = "fleet";
message XOSBase { option abstract = True; required string created = 2 [content_type = "date"]; }
message Vehicle (XOSBase) { option abstract = True; required string plate = 2 [max_length = 9]; }
message Car (Vehicle) {
  option description = "What \\"people\\" drive: C:\\\\ & <b>   on";
  required uint32 seats = 2;
  required manytoone owner->Owner:cars = 3:1001;
  optional manytoone spare->Car:+ = 4;
}
message class (Car) { required onetoone end->Garage:class = 2:1001; }
message Owner (XOSBase) { optional manytomany friends->Owner:friends_of = 2:1002; }
message Garage (XOSBase) { required string address = 2 [text = True]; }
message Elsewhere (XOSBase) { }
`,
  },
])

test('a graph of Graphviz has boxes for apps, dashed neighbours and hollow arrows to bases', () => {
  expect(textOf(dot, fleet, ['Car', 'Owner', 'XOSBase'])).toBe(`digraph models {
  rankdir = LR
  node [shape = box, fontname = "sans-serif"]
  edge [fontname = "sans-serif", fontsize = 10]
  subgraph "cluster_fleet" {
    label = "fleet"
    "Car" [tooltip = "What \\"people\\" drive: C:\\\\ &amp; <b> on"]
    "Owner"
  }
  "Vehicle" [style = dashed]
  "Car" -> "Vehicle" [arrowhead = onormal]
  "Car" -> "Owner" [label = "owner / cars", taillabel = "*", headlabel = "1"]
  "Car" -> "Car" [label = "spare", taillabel = "*", headlabel = "0..1"]
  "Owner" -> "Owner" [label = "friends / friends_of", taillabel = "*", headlabel = "*"]
}
`)
})

test('a class diagram of Mermaid has own fields, and ids that are no words of its language', () => {
  expect(textOf(mermaid, fleet, ['class', 'Car', 'Vehicle', 'Owner'])).toBe(`classDiagram
  direction LR
  class Car {
    seats: uint32
  }
  class model1["class"]
  class Owner
  class Vehicle {
    <<abstract>>
    plate: string
  }
  class Garage:::neighbour
  Vehicle <|-- Car
  Car <|-- model1
  Car "*" --> "1" Owner : owner / cars
  Car "*" --> "0..1" Car : spare
  model1 "0..1" --> "1" Garage : end / class
  Owner "*" --> "*" Owner : friends / friends_of
  classDef neighbour stroke-dasharray: 4
`)
})

test('who links to the models asked for is a neighbour too', () => {
  expect(textOf(dot, fleet, ['Garage'])).toContain('"class" [style = dashed]')
})

const text = String.raw`"(?:[^"\\\n]|\\["\\])*"`
const count = '"(?:1|0\\.\\.1|\\*)"'

/** Every line a graph of ours may have. */
const dotLines = new RegExp(
  `^(?:${[
    'digraph models \\{|  rankdir = LR|  (?:node|edge) \\[[\\w ="-]+(?:, [\\w ="-]+)*\\]',
    `  subgraph ${text} \\{|    label = ${text}|  \\}|\\}`,
    `    ${text}(?: \\[tooltip = ${text}\\])?`,
    `  ${text} \\[style = dashed\\]`,
    `  ${text} -> ${text} \\[arrowhead = onormal\\]`,
    `  ${text} -> ${text} \\[label = ${text}, taillabel = ${count}, headlabel = ${count}\\]`,
  ].join('|')})$`,
)

const mermaidLines = new RegExp(
  `^(?:${[
    'classDiagram|  direction LR|  classDef neighbour stroke-dasharray: 4',
    '  class [A-Za-z]\\w*(?:\\["\\w+"\\])?(?: \\{|:::neighbour)?|  \\}',
    '    (?:<<abstract>>|\\w+: \\w+)',
    '  [A-Za-z]\\w* <\\|-- [A-Za-z]\\w*',
    `  [A-Za-z]\\w* ${count} --> ${count} [A-Za-z]\\w* : \\w+(?: / \\w+)?`,
  ].join('|')})$`,
)

const everything = [
  ['fleet', fleet],
  ...listServices().map(({ name, sources }) => [name, schemaOf(sources)] as const),
  ['every service', schemaOf(everySource())],
] as const

/** All that a pattern finds in a text, by its first group. */
const found = (lines: string, pattern: RegExp): readonly string[] =>
  [...lines.matchAll(pattern)].map(([, first]) => first!)

test.each(everything)('the pictures of %s keep to the grammars', (_name, schema) => {
  const graph = textOf(dot, schema)
  const diagram = textOf(mermaid, schema)

  expect(
    graph
      .trimEnd()
      .split('\n')
      .filter((line) => !dotLines.test(line)),
  ).toEqual([])
  expect(
    diagram
      .trimEnd()
      .split('\n')
      .filter((line) => !mermaidLines.test(line)),
  ).toEqual([])
})

test.each(everything)('every end of an arrow of %s is declared', (_name, schema) => {
  const graph = textOf(dot, schema)
  const diagram = textOf(mermaid, schema)
  const nodes = new Set(found(graph, /^ {2,4}"(\w+)"(?! ->)/gm))
  const classes = new Set(found(diagram, /^ {2}class (\w+)/gm))

  const heads = [...found(graph, /^ {2}"(\w+)" ->/gm), ...found(graph, /-> "(\w+)"/g)]
  expect(heads.filter((name) => !nodes.has(name))).toEqual([])
  const ends = [
    ...found(diagram, /^ {2}(\w+) (?:<|")/gm),
    ...found(diagram, /(?:<\|--|") (\w+)(?: :|$)/gm),
  ]
  expect(ends.filter((name) => !classes.has(name))).toEqual([])
  expect([nodes.size, classes.size]).toEqual([schema.models.length - 1, schema.models.length - 1])
})

test('Graphviz draws them, where it is installed', (context) => {
  const graph = textOf(dot, everything.at(-1)![1])
  const { status, error } = spawnSync('dot', ['-Tcanon'], {
    input: graph,
    encoding: 'utf8',
  })
  if (error !== undefined) context.skip('dot is not on the PATH')
  expect(status).toBe(0)
})
