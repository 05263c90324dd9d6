import { expect, test } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { compile, targets, type GeneratedFile } from '#xproto'
import { coreSource, golden, goldenWire } from '../../fixtures/xproto/read.ts'
import { factsOfText } from './proto3-facts.ts'

/*
 * What XOS 4.0.4 generates from its core models against what our texts say, read back from the texts. All deviations,
 * none of which shows in the core models:
 *
 * | Where                                     | XOS                  | Here            | Why                          |
 * | ----------------------------------------- | -------------------- | --------------- | ---------------------------- |
 * | modeldefs: order of a model's own links   | of the text          | of wire numbers | as everywhere else           |
 * | proto: names of types and options         | relative             | in full         | a field `val` hides `(val)`  |
 * | proto: way back of a link without one     | as written: `x_+`    | `+`             | both say that there is none  |
 * | proto: field of the step and the core     | both options         | feedbackState   | one of them writes a field   |
 * | modeldefs: type of an int64 field         | none                 | number          | a form needs one             |
 * | modeldefs: optional bool without default  | no default           | false           | it cannot be null            |
 * | TOSCA: `required`                         | always false         | as intended     | correction of XOS            |
 * | TOSCA: type of a uint32 or int64 field    | uint32, int64        | integer         | TOSCA has no such types      |
 * | TOSCA: type of a double field             | double               | float           | TOSCA has no such type       |
 * | TOSCA: several links of one kind          | the last one         | all targets     | one key cannot stand twice   |
 */

const { schema } = compile([coreSource])
const filesOf = (target: string): readonly GeneratedFile[] =>
  targets[target]!.generate(schema!, schema!.models)

const facts = factsOfText(filesOf('proto'))
const names = Object.keys(goldenWire.models)

test('the messages are those of XOS, in the same order', () => {
  expect(facts.messages.map(({ name }) => name)).toEqual(
    names.flatMap((name) => [name, golden.models[name]!.plural]),
  )
})

test.each(names)(
  'message %s is that of XOS: each field, its number, type, oneof and options',
  (name) => {
    const at = facts.messages.findIndex((message) => message.name === name)
    const [message, list] = facts.messages.slice(at)
    const { message: own } = goldenWire.models[name]!

    expect(message!.fields).toEqual([
      '1 int32 id in id_present',
      ...own.flatMap((row) => (row === 'XOSBase' ? goldenWire.inheritedMessage : [row])),
      '2046 string class_names bookkeepingState',
      '2047 string self_content_type_id bookkeepingState',
    ])
    expect(message!.contentTypeId).toBe(golden.models[name]!.contentType)
    expect(list).toEqual({
      name: golden.models[name]!.plural,
      contentTypeId: undefined,
      fields: [`1 repeated xos.${name} items`],
    })
  },
)

/** What the methods take and give, which is the same for all models. */
const signatures = (name: string, plural: string): Readonly<Record<string, string>> => ({
  List: `(google.protobuf.Empty) returns (xos.${plural})`,
  Filter: `(xos.Query) returns (xos.${plural})`,
  Get: `(xos.ID) returns (xos.${name})`,
  Create: `(xos.${name}) returns (xos.${name})`,
  Update: `(xos.${name}) returns (xos.${name})`,
  Delete: `(xos.ID) returns (google.protobuf.Empty)`,
})

test('the methods are those of XOS, in the same order, with the same addresses', () => {
  expect(facts.methods).toEqual(
    Object.entries(goldenWire.models).flatMap(([name, { methods }]) => {
      const bySignature = signatures(name, golden.models[name]!.plural)
      return methods.map((row) => {
        const [method = '', ...http] = row.split(' ')
        const verb = method.slice(0, -name.length)
        return [method, bySignature[verb], ...http].join(' ')
      })
    }),
  )
})

type Relation = { readonly model: string; readonly type: string; readonly on_field: string | null }

type FormField = {
  readonly name: string
  readonly relation?: Relation
  readonly default?: string
  readonly options?: readonly { readonly id: string; readonly label: string }[]
  readonly type: string
  readonly read_only: boolean
  readonly validators: readonly {
    readonly name: string
    readonly bool_value?: boolean
    readonly int_value?: number
  }[]
}

const formRow = (field: FormField): string => {
  const { name, type, relation, options } = field
  return [
    name,
    type,
    ...(relation === undefined ? [] : [`${relation.type}->${relation.model}`]),
    ...(field.read_only ? ['read_only'] : []),
    ...field.validators.map((each) =>
      each.bool_value === true ? each.name : `${each.name}=${each.int_value}`,
    ),
    ...(field.default === undefined ? [] : [`default=${JSON.stringify(field.default)}`]),
    ...(options === undefined
      ? []
      : [`options=${options.map(({ id, label }) => `${id}:${label}`).join('|')}`]),
  ].join(' ')
}

const { items } = parseYaml(filesOf('modeldefs')[0]!.text) as {
  readonly items: readonly {
    readonly name: string
    readonly app: string
    readonly relations: readonly Relation[]
    readonly fields: readonly FormField[]
  }[]
}

test('the model definitions are those of XOS, in the same order', () => {
  expect(items.map(({ name, app }) => `${app} ${name}`)).toEqual(
    names.map((name) => `core ${name}`),
  )
})

const inheritedForms = new Map(
  goldenWire.inheritedFields.map((row) => [row.slice(0, row.indexOf(' ')), row]),
)

test.each(names)(
  'the definition of %s is that of XOS: each relation, field, default and validator',
  (name) => {
    const { relations, fields } = items.find((item) => item.name === name)!
    const expected = goldenWire.models[name]!

    const rows = relations.map(({ type, model, on_field }) => `${type}->${model} on ${on_field}`)
    expect(rows).toEqual(expected.relations)
    expect(fields.map(formRow)).toEqual(
      expected.fields.map((row) => inheritedForms.get(row) ?? row),
    )
  },
)

test('the names by which recipes find records are those of XOS', () => {
  const keys = filesOf('tosca').find(({ path }) => path === 'tosca_keys.yaml')!
  expect(parseYaml(keys.text)).toEqual({
    ...Object.fromEntries(
      Object.entries(golden.models).map(([name, { toscaKeys }]) => [name, toscaKeys]),
    ),
    XOSBase: [],
  })
})

test('a plural that is written wins over the rules, on the wire and in addresses', () => {
  const text = `option name = "att-workflow-driver";
    option app_label = "att-workflow-driver";
    message AttWorkflowDriverWhiteListEntry (XOSBase) {
      option plural = "attworkflowdriverwhitelistentries";
      required string serial_number = 1 [max_length = 256];
    }`
  const service = compile([coreSource, { file: 'att-workflow-driver.xproto', text }]).schema!
  const entry = service.model('AttWorkflowDriverWhiteListEntry')!
  const { messages, methods } = factsOfText(targets['proto']!.generate(service, [entry]))

  expect(messages.map(({ name }) => name)).toEqual([
    'AttWorkflowDriverWhiteListEntry',
    'attworkflowdriverwhitelistentries',
  ])
  expect(methods[0]).toBe(
    'ListAttWorkflowDriverWhiteListEntry (google.protobuf.Empty) returns (xos.attworkflowdriverwhitelistentries) ' +
      'GET /xosapi/v1/att-workflow-driver/attworkflowdriverwhitelistentries',
  )
})
