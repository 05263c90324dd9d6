import fc from 'fast-check'

// Random policies in random worlds.

/** Models for random policies to be about. */
export const models = `
message User { required bool is_admin = 2 [default = False]; optional manytoone team->Team:members = 3:1001; }
message Team { optional string name = 2 [text = True]; optional bool open = 3 [default = False]; optional manytoone lead->User:led = 4:1002; }
message Item {
  optional string label = 2 [text = True]; optional int32 size = 3; optional bool flag = 4 [default = False];
  optional manytoone team->Team:items = 5:1003; optional manytoone owner->User:owned = 6:1003;
  optional manytomany watchers->User/Item_watchers:watched = 7:1004;
}
message Grant { optional int32 user_id = 2; optional string kind = 3 [text = True]; optional manytoone item->Item:grants = 4:1001; }
`

export type ModelName = 'User' | 'Team' | 'Item' | 'Grant'

export const shapes: Readonly<
  Record<
    ModelName,
    {
      readonly scalars: Readonly<Record<string, 'string' | 'number' | 'boolean'>>
      readonly links: Readonly<Record<string, ModelName>>
      readonly sets: Readonly<Record<string, ModelName>>
    }
  >
> = {
  User: {
    scalars: { id: 'number', is_admin: 'boolean' },
    links: { team: 'Team' },
    sets: { led: 'Team', owned: 'Item', watched: 'Item' },
  },
  Team: {
    scalars: { id: 'number', name: 'string', open: 'boolean' },
    links: { lead: 'User' },
    sets: { members: 'User', items: 'Item' },
  },
  Item: {
    scalars: { id: 'number', label: 'string', size: 'number', flag: 'boolean' },
    links: { team: 'Team', owner: 'User' },
    sets: { watchers: 'User', grants: 'Grant' },
  },
  Grant: {
    scalars: { id: 'number', user_id: 'number', kind: 'string' },
    links: { item: 'Item' },
    sets: {},
  },
}

// Random policies, written as text.

type Path = { readonly text: string; readonly model: ModelName }

/** A record in scope, and where one or two links lead from it. */
const pathsFrom = (text: string, model: ModelName, depth = 2): readonly Path[] => [
  { text, model },
  ...(depth === 0
    ? []
    : Object.entries(shapes[model].links).flatMap(([link, target]) =>
        pathsFrom(`${text}.${link}`, target, depth - 1),
      )),
]

const oneOf = (texts: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...texts)

const numbers = ['0', '1', '2', '-1']
const strings = ['""', '"a"', '"ab"', '"b"']
const booleans = ['True', 'False', 'ctx.read_access', 'ctx.write_access']

export const escapes: Readonly<Record<string, (item: Item) => boolean>> = {
  '{{ len(obj.label) < 2 }}': ({ label }) => label !== null && label.length < 2,
  "{{ 'a' not in obj.label }}": ({ label }) => !label?.includes('a'),
  '{{ obj.size is not None and obj.size + 1 <= 2 }}': ({ size }) => size !== null && size < 2,
}

const termsIn = (scope: readonly Path[], wanted: 'string' | 'number' | 'boolean') => [
  ...(wanted === 'number' ? numbers : wanted === 'string' ? strings : booleans),
  ...scope.flatMap(({ text, model }) =>
    Object.entries(shapes[model].scalars)
      .filter(([, type]) => type === wanted)
      .map(([name]) => `${text}.${name}`),
  ),
]

const setsIn = (scope: readonly Path[]) =>
  scope.flatMap(({ text, model }) =>
    Object.entries(shapes[model].sets).map(([name, target]) => ({
      text: `${text}.${name}.all()`,
      model: target,
    })),
  )

const comparison = (scope: readonly Path[]): fc.Arbitrary<string> => {
  const equal = (['string', 'number', 'boolean'] as const).map((type) => {
    const terms = oneOf(termsIn(scope, type))
    return fc.tuple(terms, terms).map(([left, right]) => `${left} = ${right}`)
  })
  const texts = oneOf(termsIn(scope, 'string'))
  const within = fc.tuple(texts, texts).map(([part, text]) => `${part} in ${text}`)
  const same = fc
    .tuple(fc.constantFrom(...scope), fc.constantFrom(...scope))
    .map(([left, right]) => `${left.text} = ${right.text}`)
  const member = fc
    .tuple(fc.constantFrom(...scope), fc.constantFrom(...setsIn(scope)))
    .map(([record, set]) => `${record.text} in ${set.text}`)
  return fc.oneof(...equal, within, same, member)
}

const plain = (scope: readonly Path[]): fc.Arbitrary<string> =>
  oneOf([
    ...termsIn(scope, 'string'),
    ...termsIn(scope, 'number'),
    ...termsIn(scope, 'boolean'),
    ...scope.map(({ text }) => text),
    ...setsIn(scope).map(({ text }) => text),
  ])

const policyOf = (
  scope: readonly Path[],
  atoms: readonly string[],
  depth: number,
  free: readonly ModelName[] = ['User', 'Team', 'Item', 'Grant'],
): fc.Arbitrary<string> => {
  const atom = fc.oneof(
    comparison(scope),
    comparison(scope),
    plain(scope),
    oneOf([...atoms, 'True']),
  )
  if (depth === 0) return atom
  const part = policyOf(scope, atoms, depth - 1, free)
  const chain = fc
    .tuple(fc.constantFrom('&', '|', '->'), part, part)
    .map(([sign, left, right]) => `(${left}) ${sign} (${right})`)
  const quantified = fc
    .tuple(fc.constantFrom('exists', 'forall'), fc.constantFrom(...free))
    .chain(([word, model]) =>
      policyOf(
        [...scope, ...pathsFrom(model, model, 1)],
        atoms,
        depth - 1,
        free.filter((other) => other !== model),
      ).map((body) => `${word} ${model}: (${body})`),
    )
  const negated = part.map((text) => `not (${text})`)
  return fc.oneof(atom, chain, chain, negated, free.length === 0 ? atom : quantified)
}

const user = pathsFrom('ctx.user', 'User', 1)
export const policies = fc.record({
  teamPolicy: policyOf([...pathsFrom('obj', 'Team', 1), ...user], [], 1),
  userPolicy: policyOf([...pathsFrom('obj', 'User', 1), ...user], ['*team_policy(team)'], 1),
  policy: policyOf(
    [...pathsFrom('obj', 'Item'), ...user],
    [
      '*team_policy(team)',
      '*user_policy(owner)',
      '*user_policy(team.lead)',
      '*team_policy(team) = obj.flag',
      '*team_policy(team) = *user_policy(owner)',
      ...Object.keys(escapes),
    ],
    3,
  ),
})

// Random worlds of three records of each model.

export const ids = [1, 2, 3]
export const nullable = <T>(value: fc.Arbitrary<T>) => fc.option(value, { freq: 4 })
const flag = nullable(fc.boolean())
const text = nullable(fc.constantFrom('', 'a', 'ab', 'b'))
const number = nullable(fc.constantFrom(0, 1, 2, -1))
const link = nullable(fc.constantFrom(...ids))

const three = <T>(values: fc.Arbitrary<T>) =>
  fc
    .tuple(values, values, values)
    .map((rows) => rows.map((row, index) => ({ id: index + 1, ...row })))

export const worlds = fc.record({
  User: three(fc.record({ is_admin: fc.boolean(), team: link })),
  Team: three(fc.record({ name: text, open: flag, lead: link })),
  Item: three(
    fc.record({
      label: text,
      size: number,
      flag,
      team: link,
      owner: link,
      watchers: fc.subarray(ids),
    }),
  ),
  Grant: three(fc.record({ user_id: number, kind: text, item: link })),
})

export type Item = { readonly label: string | null; readonly size: number | null }
