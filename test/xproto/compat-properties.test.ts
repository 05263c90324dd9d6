import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compile, type Model, type Schema, type Source } from '#xproto'
import { listServices } from '../fixtures/services/read.ts'
import { coreSource } from '../fixtures/xproto/read.ts'

/** What every schema keeps, however bad the text was. */
const expectSound = (schema: Schema): void => {
  for (const model of schema.models) {
    const { fields, reverseLinks, toscaKeys, uniqueTogether } = model
    const members = [...fields, ...reverseLinks]
    for (const key of ['name', 'wireName', 'wireNumber'] as const) {
      const values = members.map((member) => member[key])
      expect([model.name, new Set(values).size]).toEqual([model.name, values.length])
    }
    const names = new Set(fields.map(({ name }) => name))
    const wireNames = new Set(fields.map(({ wireName }) => wireName))
    expect(toscaKeys.flat().filter((key) => !wireNames.has(key))).toEqual([])
    expect(uniqueTogether.flat().filter((name) => !names.has(name))).toEqual([])
    expect(model.app).not.toBe('')
    expectBothSides(schema, model)
  }
}

const expectBothSides = (schema: Schema, { name, fields, reverseLinks }: Model): void => {
  for (const field of fields) {
    if (field.kind === 'scalar') continue
    const sets = schema.model(field.target)?.reverseLinks
    expect(sets, `the target of ${name}.${field.name}`).toBeDefined()
    const set = sets?.find(
      (candidate) => candidate.source === field.declaredIn && candidate.field === field.name,
    )
    expect(set?.name).toBe(field.peer)
  }
  for (const { name: peer, source, field } of reverseLinks) {
    const link = schema.model(source)?.fields.find((candidate) => candidate.name === field)
    expect(link).toMatchObject({ kind: 'link', peer })
  }
}

/** Compiles in both modes, and looks at what must hold for any text. Tells whether compat mode loaded it. */
const expectConsistent = (sources: readonly Source[]): boolean => {
  const strict = compile(sources)
  const compat = compile(sources, { mode: 'compat' })
  for (const { schema, diagnostics } of [strict, compat]) {
    expect(schema === undefined).toBe(diagnostics.some(({ severity }) => severity === 'error'))
    if (schema !== undefined) expectSound(schema)
  }
  if (strict.schema !== undefined) expect(compat.schema?.models).toEqual(strict.schema.models)
  return compat.schema !== undefined
}

const names = fc.constantFrom('A', 'B', 'C', 'D')
const members = fc.constantFrom('f', 'g', 'h', 'f_id', 'f_ids')
const modifiers = fc.constantFrom('required', 'optional', 'repeated')
const fieldOptions = fc.constantFrom(
  '[tosca_key = True]',
  '[tosca_key_one_of = "g", unique = "True"]',
  '[unique_with = "f, h"]',
  '[blank = True]',
  '[default = 5, default = 6]',
  '[max_length = 9, nonsense = 1]',
  '[gui_hidden = False]',
)
const end = fc.tuple(fc.nat(30), fc.option(fieldOptions, { nil: '' }))

const scalar = fc
  .tuple(modifiers, fc.constantFrom('int32', 'string', 'bool'), members, end)
  .map(([modifier, type, name, [number, options]]) => {
    return `${modifier} ${type} ${name} = ${number + 2} ${options};`
  })

const link = fc
  .tuple(
    modifiers,
    fc.constantFrom('manytoone', 'manytomany', 'onetoone'),
    members,
    fc.oneof(names, fc.constant('Nobody')),
    fc.constantFrom('', ':+', ':s', ':t', ':f', ':g'),
    fc.option(
      fc.nat(20).map((number) => `:${1000 + number}`),
      { nil: '' },
    ),
    end,
  )
  .map(([modifier, kind, name, target, peer, reverse, [number, options]]) => {
    return `${modifier} ${kind} ${name}->${target}${peer} = ${number + 2}${reverse} ${options};`
  })

const part = fc.oneof(
  scalar,
  link,
  fc.constantFrom('option name = "m";', 'option abstract = True;', 'enum E { a = 1; }'),
)

const message = fc
  .tuple(
    names,
    fc.array(fc.oneof(names, fc.constant('Nobody')), { maxLength: 2 }),
    fc.array(part, { maxLength: 5 }),
  )
  .map(([name, bases, parts]) => {
    const derived = bases.length === 0 ? '' : ` (${bases.join(', ')})`
    return `message ${name}${derived} { ${parts.join(' ')} }`
  })

const file = fc
  .tuple(
    fc.constantFrom('', 'option app_label = "a";', 'option name = "b";'),
    fc.array(message, { maxLength: 5 }),
  )
  .map(([option, messages]) => [option, ...messages].join('\n'))

test('models with any mistakes make a sound schema or none', () => {
  let loaded = 0
  fc.assert(
    fc.property(fc.array(file, { minLength: 1, maxLength: 3 }), (texts) => {
      const sources = texts.map((text, index) => ({ file: `${index}.xproto`, text }))
      if (expectConsistent(sources)) loaded += 1
    }),
    { numRuns: 1500 },
  )
  // Or the texts are too bad to show anything.
  expect(loaded).toBeGreaterThan(100)
})

const lines = [coreSource, ...listServices().flatMap(({ own }) => own)].map(({ text }) =>
  text.split('\n'),
)

/** Lines of real files, some of them left out, said twice or exchanged. */
const shuffled = fc
  .tuple(
    fc.constantFrom(...lines),
    fc.array(fc.tuple(fc.nat(), fc.nat(2)), { minLength: 1, maxLength: 4 }),
  )
  .map(([original, edits]) => {
    const text = [...original]
    for (const [place, kind] of edits) {
      const at = place % text.length
      const line = text[at] ?? ''
      if (kind === 0) text.splice(at, 1)
      else text.splice(kind === 1 ? at : (place * 7) % text.length, 0, line)
    }
    return text.join('\n')
  })

test('real files, edited carelessly, make a sound schema or none', () => {
  fc.assert(
    fc.property(shuffled, (text) => {
      const sources = [coreSource, { file: 'edited.xproto', text }]
      expectConsistent(sources)
    }),
    { numRuns: 60 },
  )
})

test.each(listServices())('$name is the same in both modes', ({ sources }) => {
  expect(expectConsistent(sources)).toBe(true)
})
