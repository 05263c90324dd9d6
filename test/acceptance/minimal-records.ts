import { named, type CoreOnSockets, type Fields } from './faces.ts'

type Field = {
  readonly name: string
  readonly type: string
  readonly default?: string
  readonly relation?: { readonly model: string } | null
  readonly validators?: readonly { readonly name: string }[]
  readonly options?: readonly { readonly id: string }[]
}

type Definition = { readonly name: string; readonly fields: readonly Field[] }

/** Filled by the core although modeldefs calls them required. */
const filledByCore = ['created', 'leaf_model_name']

const has = ({ validators = [] }: Field, name: string): boolean =>
  validators.some((validator) => validator.name === name)

/** What a client has to send. */
const isAskedFor = (field: Field): boolean =>
  has(field, 'required') && (field.default ?? '') === '' && !filledByCore.includes(field.name)

const valueFor = (model: string, field: Field): unknown => {
  const [option] = field.options ?? []
  if (option !== undefined) return option.id
  if (field.type === 'number' || field.type === 'date') return 1
  if (field.type === 'boolean') return true
  if (has(field, 'ip')) return '10.0.0.1'
  return field.name === 'email'
    ? named('someone@') + '.org'
    : named(model.slice(0, 8).toLowerCase())
}

/** Never shown. */
const isSecret = (name: string): boolean => name === 'password'

export type MinimalRecord = {
  readonly given: Fields
  readonly created: Fields
  /** Text of the defaults of the model itself, by field. */
  readonly declared: Readonly<Record<string, string>>
}

/** Creates records over gRPC of what modeldefs says is required, and first those that they have to link to. */
export const minimalRecords = (core: CoreOnSockets) => {
  const targets = new Map<string, Promise<number>>()
  const definitions = core
    .ask('xos.modeldefs/ListModelDefs')
    .then(({ items }) => new Map((items as Definition[]).map((one) => [one.name, one])))

  const targetOf = (model: string): Promise<number> => {
    const known = targets.get(model)
    if (known !== undefined) return known
    const made = create(model).then(({ created }) => Number(created['id']))
    targets.set(model, made)
    return made
  }

  const create = async (model: string): Promise<MinimalRecord> => {
    const { fields } = (await definitions).get(model)!
    const given: Record<string, unknown> = {}
    for (const field of fields.filter(isAskedFor)) {
      given[field.name] = field.relation
        ? await targetOf(field.relation.model)
        : valueFor(model, field)
    }
    const declared = fields.flatMap(({ name, default: text = '' }) =>
      ['', 'null', 'now()'].includes(text) || isSecret(name) ? [] : [[name, text] as const],
    )
    const { reply } = await core.admin().ask(`xos.xos/Create${model}`, given)
    return { given, created: reply, declared: Object.fromEntries(declared) }
  }

  return create
}
