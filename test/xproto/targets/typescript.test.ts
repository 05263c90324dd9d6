import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeChange, encodeChange } from '#contract'
import { compile, type Mode, type Source } from '#xproto'
import { recordView } from '../../../functions/sdk/record-view.ts'
import { types } from '../../../xproto/targets/typescript.ts'
import { everySource, listLegacyServices, listServices } from '../../fixtures/services/read.ts'
import { coreSource } from '../../fixtures/xproto/read.ts'
import { asAdministrator, openTestStore, reportOn, type TestStore } from '../../support/store.ts'
import { typeErrors } from './typescript-check.ts'
import { recordChange } from '../../support/record-change.ts'

const helloWorld: Source = {
  file: 'hello-world.xproto',
  text: readFileSync(
    new URL('../../../functions/hello-world/models/hello-world.xproto', import.meta.url),
    'utf8',
  ),
}

/** The generated module for the models of the texts; of those named, when some are. */
const typesOf = (
  sources: readonly Source[],
  names?: readonly string[],
  mode: Mode = 'strict',
): string => {
  const { schema, diagnostics } = compile(sources, { mode })
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  const models = schema!.models.filter(({ name }) => names?.includes(name) ?? true)
  const [file, ...rest] = types.generate(schema!, models)
  expect(rest).toEqual([])
  expect(file!.path).toBe('types.ts')
  return file!.text
}

/** The declaration of that name, its comment included. */
const declarationOf = (text: string, name: string): string | undefined =>
  text
    .trimEnd()
    .split('\n\n')
    .find((block) => new RegExp(`^export (?:type|interface) ${name}\\b`, 'm').test(block))

const fromText = (text: string): readonly Source[] => [
  { file: 'app.xproto', text: `option app_label = "app";\n${text}` },
]

test('the types of each service and of all together compile', () => {
  const services = listServices().map(({ name, sources }) => [name, typesOf(sources)] as const)
  expect(services.length).toBeGreaterThan(5)
  const files = [
    ...services,
    ...listLegacyServices().map(
      ({ name, sources }) => [name, typesOf(sources, undefined, 'compat')] as const,
    ),
    ['hello-world', typesOf([coreSource, helloWorld])] as const,
    ['every-service', typesOf([...everySource(), helloWorld])] as const,
  ].map(([name, text]) => [`${name}/types.ts`, text] as const)

  expect(typeErrors(Object.fromEntries(files))).toEqual([])
})

const shapes = fromText(`
  message Base {
    option abstract = True;
    required string leaf_model_name = 4 [max_length = 100, bookkeeping_state = True];
    optional string backend_status = 2 [max_length = 100, feedback_state = True];
    optional string backend_handle = 3 [max_length = 100, feedback_state = True];
  }
  message Rack (Base) {
    option description = "Where machines stand.";
    required string name = 1 [max_length = 100, help_text = "Painted on the door"];
    optional string since = 2 [content_type = "date", help_text = "When it came"];
    optional bool locked = 3;
    required string password = 4 [max_length = 100];
  }
  message Machine (Base) {
    required manytoone rack->Rack:machines = 1:1001 [help_text = "Where it stands"];
    optional onetoone twin->Machine:twins = 2:1002;
    optional manytomany friends->Machine:+ = 3;
    required string state = 4 [max_length = 9, choices = "(('on', 'On'), ('off', 'Off'))", default = "on"];
    optional string mode = 5 [max_length = 9, choices = "((None, 'None'), ('a', 'A'))"];
    optional int64 memory = 6 [feedback_state = True, help_text = "Bytes"];
    required float load = 7 [feedback_state = True];
  }
  message Server (Machine) { }
`)

test.each([
  [
    'RackFields',
    `/** Where machines stand. */
export interface RackFields extends BaseFields {
  /** Painted on the door. */
  readonly name: string
  /**
   * When it came.
   * Seconds since 1970.
   */
  readonly since?: number
  readonly locked: boolean
}`,
  ],
  [
    'RackLinks',
    `export interface RackLinks extends BaseLinks {
  /** All Machine whose \`rack\` leads here. */
  readonly machines: Many<'Machine'>
}`,
  ],
  [
    'MachineFields',
    `export interface MachineFields extends BaseFields {
  /**
   * Where it stands.
   * Id of Rack.
   */
  readonly rack_id: number
  /** Id of Machine. */
  readonly twin_id?: number
  /** Ids of Machine. */
  readonly friends_ids: readonly number[]
  readonly state: 'on' | 'off'
  readonly mode?: 'a' | ''
  /** Bytes. */
  readonly memory?: number
  readonly load: number
}`,
  ],
  [
    'MachineLinks',
    `export interface MachineLinks extends BaseLinks {
  /** Where it stands. */
  readonly rack: One<'Rack'>
  readonly twin: OneOrNone<'Machine'>
  readonly friends: Many<'Machine'>
  /** All Machine whose \`twin\` leads here. */
  readonly twins: Many<'Machine'>
}`,
  ],
  [
    'MachineFeedback',
    `/** What a step of Machine may write back; null clears a field. */
export type MachineFeedback = {
  readonly backend_handle?: string | null
  /** Bytes. */
  readonly memory?: number | null
  readonly load?: number
}`,
  ],
  ['ServerFields', 'export interface ServerFields extends MachineFields {}'],
  [
    'Server',
    `/** A record of Server as its step sees it, with what the given paths include. */
export type Server<Path extends Include<'Server'> = never> = Expanded<'Server', Path>`,
  ],
  ['Base', undefined],
])('%s is declared as what arrives', (name, expected) => {
  expect(declarationOf(typesOf(shapes), name)).toBe(expected)
})

test.each([
  [
    'Rack',
    `/** For tests: \`record(Rack, { ... })\` of \`syncstep/testing\`. */
export const Rack: ModelBlank<Models['Rack']['fields']> = {
  model: 'Rack',
  blank: { id: 1, class_names: 'Rack,Base', self_content_type_id: 'app.rack', leaf_model_name: 'Rack', name: '', locked: false },
}`,
  ],
  [
    'Server',
    `/** For tests: \`record(Server, { ... })\` of \`syncstep/testing\`. */
export const Server: ModelBlank<Models['Server']['fields']> = {
  model: 'Server',
  blank: { id: 1, class_names: 'Server,Machine,Base', self_content_type_id: 'app.server', leaf_model_name: 'Server', rack_id: 1, friends_ids: [], state: 'on', load: 0 },
}`,
  ],
])('%s is a constant by which tests make records', (name, expected) => {
  const blocks = typesOf(shapes).trimEnd().split('\n\n')

  expect(blocks.find((block) => block.includes(`export const ${name}:`))).toBe(expected)
})

test('a record of a test has values that its fields can have', () => {
  const text = typesOf(
    fromText(`message Lamp {
      required int32 level = 2 [min_value = 3, max_value = 9];
      required string colour = 3 [max_length = 9, choices = "(('red', 'Red'), ('blue', 'Blue'))"];
      required string note = 4 [max_length = 90, default = "it's new"];
      optional bool lit = 5 [default = True];
    }`),
  )

  expect(text).toContain(`level: 3, colour: 'red', note: 'it\\'s new', lit: true }`)
  expect(typeErrors({ 'lamp/types.ts': text })).toEqual([])
})

test('the models of a schema are named in a map, with those that derive from them', () => {
  expect(declarationOf(typesOf(shapes), 'Models'))
    .toBe(`/** What there is to know about each model. */
export interface Models {
  readonly Machine: {
    readonly fields: MachineFields & { readonly leaf_model_name: 'Machine' }
    readonly links: MachineLinks
    readonly feedback: MachineFeedback
    readonly leaves: 'Machine' | 'Server'
  }
  readonly Rack: {
    readonly fields: RackFields & { readonly leaf_model_name: 'Rack' }
    readonly links: RackLinks
    readonly feedback: RackFeedback
    readonly leaves: 'Rack'
  }
  readonly Server: {
    readonly fields: ServerFields & { readonly leaf_model_name: 'Server' }
    readonly links: ServerLinks
    readonly feedback: ServerFeedback
    readonly leaves: 'Server'
  }
}`)
})

test('models that cannot be reached from those asked for are left out', () => {
  const sources = fromText(`
    message Lamp { required manytoone room->Room:lamps = 2:1001; }
    message Room { }
    message Elsewhere { }
  `)

  expect(typesOf(sources, ['Room'])).toContain('LampFields')
  expect(typesOf(sources, ['Room'])).not.toContain('Elsewhere')
})

const awkward = fromText(`
  message Omit { required manytoone class->Include:omits = 2:1001; }
  message Include { required string its = 2 [max_length = 9, help_text = "*/ export const broken = 1 /*"]; }
  message Site { option description = "Two lines */ and this"; }
  message SiteFields { optional manytoone site->Site:constructor = 2:1001; }
  message never { optional bool readonly = 2; }
  message Models { optional string toString = 2 [max_length = 9, feedback_state = True]; }
  message Alone { }
  message Many { optional manytoone end->defineStep:manies = 2:1001; }
  message defineStep { }
  message Record { }
`)

test('awkward names and texts make types that compile', () => {
  const use = `
    import type { AloneFeedback, Omit_, Site, SiteFields, never_, Models_, Many_, Record } from './types.ts'
    export const read = (a: Omit_<'class'>, b: SiteFields<'site'>, c: Site<'constructor'>, d: never_): unknown[] =>
      [a.class.its, b.site?.id, c.constructor.map(({ id }) => id), d.readonly]
    export const more = (e: Many_<'end'>, f: Record): unknown[] => [e.end?.id, f.id]
    export const nothing: AloneFeedback = {}
    export const odd: Models_ = { id: 1 }
  `
  expect(typeErrors({ 'types.ts': typesOf(awkward), 'use.ts': use })).toEqual([
    expect.stringContaining("use.ts:7 Type '{ id: number; }' is not assignable to type"),
  ])
})

/** Lines of a step, and what the compiler has against them: nothing, when nothing stands there. */
const lines: readonly (readonly [line: string, error?: string])[] = [
  ['const greeting: string = o.owner.leaf_model.hello_from + o.hello_to'],
  ['const kind: "generic" | "data" | "control" | "oss" = o.owner.kind'],
  ['const base: string | undefined = o.owner.site?.login_base'],
  ['const networks: readonly number[] = o.ports.map((port) => port.network_id)'],
  ['const name: string | undefined = o.leaf_model.leaf_model.name'],
  ['const seconds: number = o.updated'],
  ['const only: "HelloWorldServiceInstance" = o.leaf_model_name'],
  ['return { backend_handle: "h-1" }'],
  ['return { backend_handle: null }'],
  ['const path: Path = "owner.site.users"'],
  ['const path: Path = "owner.subscribed_dependencies.provider_service"'],
  ['const path: Path = "ports.network.owner"'],
  ['const greeter = (s: Service) => (s.leaf_model_name === "Service" ? s.name : s.hello_from)'],

  ['o.helo_to', "Property 'helo_to' does not exist"],
  ['o.subscribed_links', "Property 'subscribed_links' does not exist"],
  ['o.owner.slices', "Property 'slices' does not exist"],
  ['o.ports_ids', "Property 'ports_ids' does not exist"],
  ['o.owner.site.name', "'o.owner.site' is possibly 'null'"],
  ['o.hello_to = "me"', "Cannot assign to 'hello_to' because it is a read-only property"],
  ['o.ports.push(o.ports[0]!)', "Property 'push' does not exist"],
  ['o.owner.kind === "fast"', 'This comparison appears to be unintentional'],
  ['const name: string = o.name', "Type 'string | undefined' is not assignable to type 'string'"],
  ['const date: Date = o.updated', "Type 'number' is not assignable to type 'Date'"],
  ['const greeter = (s: Service) => s.hello_from', "Property 'hello_from' does not exist"],
  ['return { hello_to: "me" }', "'hello_to' does not exist in type 'HelloWorldServiceInst"],
  ['return { backend_code: 1 }', "'backend_code' does not exist in type 'HelloWorldServiceInst"],
  ['return { backend_handle: 1 }', "Type 'number' is not assignable to type 'string'"],
  ['const path: Path = "owner.sight"', `Type '"owner.sight"' is not assignable`],
  ['const path: Path = "ports.network.links"', `Type '"ports.network.links"' is not assignable`],
  ['const path: Path = "owner.site.users.site"', `'"owner.site.users.site"' is not assignable`],
]

const stepOf = (line: string): string => `
import { SyncStep } from 'syncstep/functions'
import type { HelloWorldServiceInstance, HelloWorldServiceInstanceFeedback, Include, Models, Service } from './types.ts'

type Path = Include<'HelloWorldServiceInstance'>
type Instance = HelloWorldServiceInstance<'owner.site' | 'ports'>

export default class Sync extends SyncStep<Instance> {
  readonly observes = 'HelloWorldServiceInstance' satisfies keyof Models
  readonly include = ['owner.site', 'ports'] satisfies readonly Path[]
  delete_record(): void {}
  sync_record(o: Instance): HelloWorldServiceInstanceFeedback {
    ${line}
    return {}
  }
  readonly service?: Service
}
`

describe('in a step', () => {
  let errors: readonly string[]
  beforeAll(() => {
    const steps = lines.map(([line], index) => [`step-${index}.ts`, stepOf(line)] as const)
    const models = typesOf([coreSource, helloWorld])
    errors = typeErrors({ 'types.ts': models, ...Object.fromEntries(steps) })
  })

  test.each(lines.map(([line, error], index) => [line, error ?? 'fine', index] as const))(
    '%s: %s',
    (_line, error, index) => {
      const found = errors.filter((one) => one.startsWith(`step-${index}.ts:`))
      expect(found).toEqual(error === 'fine' ? [] : [expect.stringContaining(error)])
    },
  )
})

const include = "include: ['owner.site', 'ports'],"

/** What a step is made of, and what the compiler has against it: nothing, when nothing stands there. */
const definitions: readonly (readonly [step: string, error?: string])[] = [
  [`${include} sync_record: (o) => void (o.owner.hello_from + (o.owner.site?.name ?? o.hello_to))`],
  ['async sync_record(o) { if (o.id > 1) return { backend_handle: null } }'],
  ['sync_record: ({ hello_to }, { log }) => log.info(hello_to)'],
  ["include: ['owner.sight'], sync_record: () => {}", `Did you mean '"owner.site"'?`],
  [
    `${include} filter: { hello_to: ['a', 'b'], 'owner.site.name': 'x', ports: true }, sync_record: () => {}`,
  ],
  ["filter: { helo_to: 'a' }, sync_record: () => {}", "'helo_to' does not exist"],
  ["filter: { 'owner.name': 'a' }, sync_record: () => {}", "'owner.name'' does not exist"],
  ['filter: { hello_to: null }, sync_record: () => {}', "Type 'null' is not assignable"],
  ["include: ['owner.site.users.site'], sync_record: () => {}", 'is not assignable'],
  ['sync_record: (o) => void o.owner', "Property 'owner' does not exist"],
  [`${include} sync_record: (o) => void o.owner.slices`, "Property 'slices' does not exist"],
  [`${include} sync_record: (o) => void o.owner.site.name`, "'o.owner.site' is possibly 'null'"],
  ['sync_record: (o) => void o.helo_to', "Property 'helo_to' does not exist"],
  ['sync_record: (o) => void (o.hello_to = "me")', "Cannot assign to 'hello_to'"],
  ['sync_record: () => ({ hello_to: "me" })', 'hello_to'],
  ['sync_record: () => ({ backend_handle: "a", hello_to: "me" })', 'NotAFeedbackField<"hello_to">'],
  [
    'async sync_record() { return { backend_handle: "", bakend: 1 } }',
    'NotAFeedbackField<"bakend">',
  ],
  [
    'sync_record: () => ({ backend_handle: 1 })',
    "Type 'number' is not assignable to type 'string'",
  ],
  ['sync_record: () => {}, includes: []', "'includes' does not exist in type"],
  ["fields: ['hello_to', 'owner_id'], after_policy: true, sync_record: () => {}"],
  ["fields: ['helo_to'], sync_record: () => {}", '"helo_to"'],
  ["sync_record: async (o, { client }) => void (await client.touch('Site', o.owner_id))"],
  [
    "sync_record: async (o, { client }) => void (await client.touch('Sight', 1))",
    `'"Sight"' is not assignable`,
  ],
]

/** What a policy is made of. */
const policies: readonly (readonly [policy: string, error?: string])[] = [
  [`${include} handle_create: (o) => void (o.owner.hello_from + o.ports.length)`],
  ['async handle_update(o, { client, log }) { log.info(o.hello_to) }, handle_delete() {}'],
  [
    "handle_create: async (o, { client }) => void (await client.create('Slice', { name: o.hello_to, site_id: 1 }))",
  ],
  [
    "handle_create: async (o, { client }) => void (await client.create('Slice', { nam: o.hello_to }))",
    "'nam' does not exist",
  ],
  ['handle_create: (o) => void o.owner', "Property 'owner' does not exist"],
  ["include: ['owner.sight'], handle_create: () => {}", `Did you mean '"owner.site"'?`],
  ['handle_create: () => ({ backend_handle: "a" })', 'is not assignable'],
  ['handle_creation: () => {}', "'handle_creation' does not exist in type"],
]

/** Methods of a class that is a policy, whose `include` is as above. */
const policyMembers: readonly (readonly [members: string, error?: string])[] = [
  ["override handle_create(o: Instance<'owner.site'>): void { o.owner.hello_from }"],
  [
    "override async handle_delete(o: Instance, { client }: StepContext<Client>) { await client.delete('Site', o.id) }",
  ],
  [
    "override handle_update(o: Instance<'subscribed_links'>): void { o.id }",
    "'handle_update' in type 'Sync' is not assignable",
  ],
]

/** Steps that observe no model. */
const unbound: readonly (readonly [source: string, error?: string])[] = [
  [
    "defineEventStep({ types: ['a.*'], process_event: async (event, { client }) => void (await client.first('Site', { name: event.id })) })",
  ],
  [
    "defineEventStep({ process_event: async (_, { client }) => void (await client.first('Site', { nam: 'a' })) })",
    "'nam' does not exist",
  ],
  ["defineEventStep({ types: 'a', process_event: () => {} })", 'is not assignable'],
  [
    "definePullStep({ every: '30s', pull_records: async ({ client }) => client.delete('Site', 1) })",
  ],
  ['definePullStep({ every: 30, pull_records: () => {} })', 'is not assignable'],
  ['definePullStep({ pull_records: () => 7 })', 'is not assignable'],
]

/** Methods of a class whose `include` is as above. */
const members: readonly (readonly [members: string, error?: string])[] = [
  [
    "sync_record(o: Instance<'owner'>): void { o.owner.hello_from } delete_record(o: Instance): void { o.id }",
  ],
  [
    "async sync_record(o: Instance<'owner.site' | 'ports'>) { return { backend_handle: o.hello_to } } async delete_record() {}",
  ],
  [
    "sync_record(o: Instance<'subscribed_links'>): void { o.id } delete_record() {}",
    "'sync_record' in type 'Sync' is not assignable",
  ],
  [
    "sync_record() {} delete_record(o: Instance<'owner.site.users'>): void { o.id }",
    "'delete_record' in type 'Sync' is not assignable",
  ],
  [
    "sync_record() { return { hello_to: 'me', backend_handle: '' } } delete_record() {}",
    "Types of property 'hello_to' are incompatible",
  ],
  ['sync_record() {}', 'does not implement inherited abstract member delete_record'],
]

/** What may stand for what. */
const assignments: readonly (readonly [assignment: string, error?: string])[] = [
  ["const o: Instance<'owner'> = null! as Instance<'owner.site' | 'ports'>"],
  ["const o: Instance = null! as Instance<'owner'>"],
  ["const o: Instance<'owner'> = null! as Instance", 'is not assignable'],
  ["const o: Instance<'owner.site'> = null! as Instance<'owner'>", 'is not assignable'],
  ["const o: Instance<'owner'>['owner'] = null! as Site", 'is not assignable'],
  ["const o: Instance<'owner.site.users'> = null! as Instance<'owner.site'>", 'is not assignable'],
]

const defined: readonly (readonly [text: string, source: string, error: string])[] = [
  ...definitions.map(([step, error = 'fine']) => {
    const text = `{ observes: 'HelloWorldServiceInstance', ${step}, delete_record: () => {} }`
    return [step, `export default defineStep(${text})`, error] as const
  }),
  ...members.map(([text, error = 'fine']) => {
    const base = `stepClass({ observes: 'HelloWorldServiceInstance', ${include} })`
    return [text, `export default class Sync extends ${base} { ${text} }`, error] as const
  }),
  ...policies.map(([policy, error = 'fine']) => {
    const text = `{ observes: 'HelloWorldServiceInstance', ${policy} }`
    return [policy, `export default definePolicy(${text})`, error] as const
  }),
  ...policyMembers.map(([text, error = 'fine']) => {
    const base = `policyClass({ observes: 'HelloWorldServiceInstance', ${include} })`
    return [text, `export default class Sync extends ${base} { ${text} }`, error] as const
  }),
  ...unbound.map(([text, error = 'fine']) => [text, `export const step = ${text}`, error] as const),
  ...assignments.map(([text, error = 'fine']) => [text, `export ${text}`, error] as const),
]

describe('a step of known models', () => {
  const head = [
    "import type { StepContext } from 'syncstep/functions'",
    'import { defineEventStep, definePolicy, definePullStep, defineStep, policyClass, stepClass,',
    "  type Client, type HelloWorldServiceInstance as Instance, type Site } from './types.ts'",
  ].join('\n')
  let errors: readonly string[]
  beforeAll(() => {
    const files = defined.map(([, source], index) => [`${index}.ts`, `${head}\n${source}`] as const)
    const text = typesOf([coreSource, helloWorld])
    errors = typeErrors({ 'types.ts': text, ...Object.fromEntries(files) })
  })

  test.each(defined.map(([text, , error], index) => [text, error, index] as const))(
    '%s: %s',
    (_text, error, index) => {
      const found = errors.filter((one) => one.startsWith(`${index}.ts:`))
      expect(found).toEqual(error === 'fine' ? [] : [expect.stringContaining(error)])
    },
  )
})

const steps = [
  {
    model: 'HelloWorldServiceInstance',
    include: ['owner.site', 'master_serviceinstance.owner', 'ports', 'subscribed_links'],
  },
  { model: 'Network', include: ['owner.site', 'owner.creator', 'template', 'permitted_slices'] },
  { model: 'Slice', include: ['ownedNetworks', 'service', 'default_image'] },
]

/** The record as a literal of its type: the compiler wants neither more nor less than the type says. */
const literalOf = (model: string, json: string): string => {
  const include = steps.find((step) => step.model === model)!.include
  return `
import type { ${model} } from './types.ts'
type Plain<T> = T extends readonly (infer Item)[]
  ? readonly Plain<Item>[]
  : T extends object
    ? { readonly [Key in keyof T as Exclude<Key, 'leaf_model'>]: Plain<T[Key]> }
    : T
export const record: Plain<${model}<${include.map((path) => `'${path}'`).join(' | ')}>> = ${json}
`
}

const observed = [
  'HelloWorldServiceInstance/1',
  'HelloWorldServiceInstance/2',
  'Network/1',
  'Slice/1',
] as const

/** What is done to the second instance, and what the compiler says to it. */
const lies: readonly (readonly [what: string, from: RegExp, to: string, error: string])[] = [
  [
    'a field that no type names',
    /"hello_to":/,
    '"hello":1,"hello_to":',
    '"hello"\' does not exist in type',
  ],
  ['a field that is missing', /"hello_to":"them",/, '', "Property 'hello_to' is missing in type"],
  ['a value of another type', /"deleted":false/, '"deleted":0', "'number' is not assignable to"],
  ['a related record that is missing', /"owner":/, '"ports":', "Property 'owner' is missing"],
]

describe('a change that really arrives', () => {
  let store: TestStore
  let errors: readonly string[]
  const views = new Map<string, ReturnType<typeof recordView>>()

  /** Leases and syncs until nothing is due any more, as records wait for each other. */
  const collectViews = async (): Promise<void> => {
    const work = await store.lease(steps.map(({ model }) => model))
    if (work.length === 0) return
    for (const one of work) {
      const change = recordChange(one.change)
      const { headers, body } = encodeChange(change, { source: '/test', deadline: 0, time: 0 })
      const view = recordView(decodeChange(headers, body).change)
      views.set(`${change.model}/${view.id}`, view)
    }
    await store.work.report(
      'tester',
      work.map((one) => reportOn(one, { kind: 'synced' })),
    )
    await collectViews()
  }

  beforeAll(async () => {
    store = await openTestStore()
    const registered = steps.map((step) => ({ ...step, step: step.model }))
    await store.load(helloWorld.text, registered)
    const create = (model: string, fields: Record<string, unknown>) =>
      asAdministrator(store.store).create(model, fields)
    await create('HelloWorldService', { name: 'hello', hello_from: 'me', site_id: 1 })
    await create('HelloWorldServiceInstance', { name: 'parent', hello_to: 'you' })
    await create('HelloWorldServiceInstance', { hello_to: 'them', master_serviceinstance_id: 1 })
    await create('ServiceInstanceLink', {
      provider_service_instance_id: 1,
      subscriber_service_instance_id: 2,
    })
    await create('Slice', { name: 'slice', site_id: 1, service_id: 1 })
    await create('NetworkTemplate', { name: 'plain' })
    await create('Network', {
      name: 'net',
      template_id: 1,
      owner_id: 1,
      permitted_slices_ids: [1],
    })
    await collectViews()

    const jsonOf = (key: string): string => JSON.stringify(views.get(key))
    const files = [
      ...observed.map((key) => [key, literalOf(key.split('/')[0]!, jsonOf(key))] as const),
      ...lies.map(([what, from, to]) => {
        const [, second] = observed
        const json = jsonOf(second).replace(from, to)
        return [what, literalOf('HelloWorldServiceInstance', json)] as const
      }),
    ].map(([name, text]) => [`${name.replace('/', '-')}.ts`, text] as const)
    const models = typesOf([coreSource, helloWorld])
    errors = typeErrors({ 'types.ts': models, ...Object.fromEntries(files) })
  })
  afterAll(() => store.core.close())

  test.each(observed)('%s is what its type says', (key) => {
    expect(views.get(key)).toBeDefined()
    expect(errors.filter((error) => error.startsWith(key.replace('/', '-')))).toEqual([])
  })

  test.each(lies)('%s would be noticed', (what, _from, _to, error) => {
    const found = errors.filter((one) => one.startsWith(`${what}.ts`)).join()
    expect(found).toContain(error)
  })

  test('a record is its own leaf model, and so is a related one', () => {
    const record = views.get('HelloWorldServiceInstance/1')!
    const owner = record['owner'] as typeof record
    expect(record.leaf_model).toBe(record)
    expect(owner.leaf_model).toBe(owner)
  })
})
