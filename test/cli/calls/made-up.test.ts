import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import path from 'node:path'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { decodeChange, encodeChange, type Expanded, type ExpandedRecord } from '#contract'
import { seededRandom } from '#emulator'
import { compile, targets, type Model, type Schema, type Source } from '#xproto'
import { createChangeMaker, madeUpChange } from '../../../cli/calls/made-up.ts'
import { everySource } from '../../fixtures/services/read.ts'
import { coreSource } from '../../fixtures/xproto/read.ts'
import { root } from '../../support/syncstep-command.ts'

const schemaOf = (sources: readonly Source[]): Schema => compile(sources).schema!

const all = schemaOf(everySource())
const concrete = all.models.filter(({ abstract }) => !abstract)

const tutorialFile = 'functions/hello-world/models/hello-world.xproto'
const tutorial = schemaOf([
  coreSource,
  { file: tutorialFile, text: readFileSync(path.join(root, tutorialFile), 'utf8') },
])

const formats = {
  uri: (text: string) => URL.canParse(text),
  ipv4: (text: string) => isIP(text) === 4,
  ipv6: (text: string) => isIP(text) === 6,
  email: (text: string) => text.includes('@'),
}

const recordValidators = (schema: Schema): ((model: string) => ValidateFunction) => {
  const ajv = new Ajv2020({ strict: true, formats, allErrors: true })
  const text = targets['json-schema']!.generate(schema, schema.models)[0]!.text
  ajv.addSchema(JSON.parse(text) as object)
  const known = new Map<string, ValidateFunction>()
  return (model) => {
    const validate =
      known.get(model) ?? ajv.compile({ $ref: `urn:syncstep:models#/$defs/${model}` })
    known.set(model, validate)
    return validate
  }
}

const linkNames = ({ fields, reverseLinks }: Model): readonly string[] => [
  ...fields.filter(({ kind }) => kind === 'link').map(({ name }) => name),
  ...reverseLinks.map(({ name }) => name),
]

/** The record and all that travel with it. */
const recordsIn = (record: ExpandedRecord): readonly ExpandedRecord[] => {
  const linked = Object.values(record.expanded).flatMap((each) => each ?? [])
  return [record, ...(linked as readonly ExpandedRecord[]).flatMap(recordsIn)]
}

const one = (expanded: Expanded, name: string): ExpandedRecord => expanded[name] as ExpandedRecord
const many = (expanded: Expanded, name: string): readonly ExpandedRecord[] =>
  expanded[name] as readonly ExpandedRecord[]

test.each([1, 2, 3])(
  'with the seed %i what is made up for any model is as its JSON Schema has it, with all that it links to',
  (seed) => {
    const validatorOf = recordValidators(all)
    const make = createChangeMaker(all, seededRandom(seed))
    const findings = concrete.flatMap((model) => {
      const change = make(model, { operation: 'sync', include: linkNames(model) })
      return recordsIn(change).flatMap(({ model: name, record }) => {
        const validate = validatorOf(name)
        return validate(record) ? [] : (validate.errors ?? []).map((error) => [name, error])
      })
    })

    expect(findings).toEqual([])
  },
)

test('what is made up travels as an event', () => {
  const make = createChangeMaker(all, seededRandom(1))
  for (const model of concrete) {
    for (const operation of ['sync', 'delete'] as const) {
      const change = make(model, { operation, include: [] })
      const { headers, body } = encodeChange(change, { source: '/test', time: 0, deadline: 0 })
      expect(decodeChange(headers, body).change).toEqual(change)
    }
  }
})

test('related records belong to the record, and to each other', () => {
  const instance = madeUpChange(tutorial, tutorial.model('HelloWorldServiceInstance')!, {
    operation: 'sync',
    include: ['owner.service_instances'],
    random: seededRandom(1),
  })
  const owner = one(instance.expanded, 'owner')
  expect(owner.model).toBe('HelloWorldService')
  expect(owner.record).toMatchObject({ id: instance.record['owner_id'], deleted: false })
  const siblings = many(owner.expanded, 'service_instances')
  expect(siblings.map(({ record }) => record['owner_id'])).toEqual([
    owner.record['id'],
    owner.record['id'],
  ])
  const ids = recordsIn(instance).map(({ record }) => record['id'])
  expect(new Set(ids).size).toBe(ids.length)
})

test('one seed makes the same records again, another one others', () => {
  const model = tutorial.model('HelloWorldService')!
  const twice = (seed: number) => {
    const make = createChangeMaker(tutorial, seededRandom(seed))
    return [1, 2].map(() => make(model, { operation: 'sync', include: [] }))
  }
  expect(twice(7)).toEqual(twice(7))
  expect(twice(7)).not.toEqual(twice(8))
  expect(twice(7)[0]).not.toEqual(twice(7)[1])
})

test('a delete is of a record that was deleted after a sync', () => {
  const { operation, record } = madeUpChange(tutorial, tutorial.model('HelloWorldService')!, {
    operation: 'delete',
    include: [],
    random: seededRandom(1),
  })
  expect({ operation, ...record }).toMatchObject({
    operation: 'delete',
    deleted: true,
    backend_need_delete: true,
  })
})
