import { expect, test } from 'vitest'
import { compile, targets } from '#xproto'
import { everySource } from '../../fixtures/services/read.ts'

const dependencies = (text: string): unknown => {
  const { schema } = compile([{ file: 'a.xproto', text: `option app_label = "a";\n${text}` }])
  const [file] = targets['model-deps']!.generate(schema!, schema!.models)
  expect(file!.path).toBe('model-deps.json')
  return JSON.parse(file!.text)
}

test.each([
  [
    'a model depends on what it links to',
    'message N { } message M { required manytoone up->N:downs = 2:1001; }',
    { M: [['N', 'up', 'downs']] },
  ],
  [
    'each link counts, whatever its kind, with a plus for no way back',
    `message N { } message M { optional manytoone a->N:as = 2:1001; optional onetoone b->N:+ = 3;
       optional manytomany c->N:cs = 4:1002; }`,
    {
      M: [
        ['N', 'a', 'as'],
        ['N', 'b', '+'],
        ['N', 'c', 'cs'],
      ],
    },
  ],
  [
    'links of its bases count as well',
    `message N { } message B { optional manytoone n->N:bs = 2:1001; optional manytoone b->B:all = 3:1001; }
     message M (B) { }`,
    {
      B: [['N', 'n', 'bs']],
      M: [
        ['N', 'n', 'bs'],
        ['B', 'b', 'all'],
      ],
    },
  ],
  ['no model depends on itself', 'message M { optional manytoone m->M:ms = 2:1001; }', {}],
  [
    'an abstract model has no records to wait for',
    'message N { } message B { option abstract = True; optional manytoone n->N:bs = 2:1001; }',
    {},
  ],
])('%s', (_, text, expected) => {
  expect(dependencies(text)).toEqual(expected)
})

test('every dependency of our services names a link, and models that are there', () => {
  const schema = compile(everySource()).schema!
  const [file] = targets['model-deps']!.generate(schema, schema.models)
  const graph = JSON.parse(file!.text) as Record<string, [string, string, string][]>
  const dangling = Object.entries(graph).flatMap(([name, edges]) =>
    edges.filter(
      ([target, link]) =>
        schema.model(target) === undefined ||
        !schema.model(name)!.fields.some((field) => field.kind === 'link' && field.name === link),
    ),
  )
  expect(dangling).toEqual([])
  expect(graph['Port']).toEqual([
    ['Network', 'network', 'links'],
    ['ServiceInstance', 'service_instance', 'ports'],
  ])
})
