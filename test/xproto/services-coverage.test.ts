import { expect, test } from 'vitest'
import { parse } from '#xproto'
import type { LinkNode, ScalarNode } from '#xproto'
import { listServices } from '../fixtures/services/read.ts'

const sources = listServices().flatMap(({ own }) => own)
const statements = sources.flatMap((source) => parse(source).tree.statements)
const messages = statements.filter((node) => node.kind === 'message')
const parts = messages.flatMap((message) => message.parts)
const scalars = parts.filter((part) => part.kind === 'scalar')
const links = parts.filter((part) => part.kind === 'link')
const fileOptions = statements.filter((node) => node.kind === 'option')
const modelOptions = parts.filter((part) => part.kind === 'option')
const policies = statements.flatMap((node) => (node.kind === 'policy' ? [node.body.text] : []))

const isDate = ({ options }: ScalarNode): boolean =>
  options.some(({ name, value }) => name.text === 'content_type' && value.text === 'date')

const kindOf = (field: ScalarNode | LinkNode): string => {
  if (field.kind === 'link') return 'link'
  return isDate(field) ? 'date' : field.type.text
}

/** `kind option = value`, quotes included, of everything that is written on a field. */
const written = [...scalars, ...links].flatMap((field) =>
  field.options.map(({ name, value }) => {
    const text = value.kind === 'string' ? `"${value.text}"` : value.text
    return { kind: kindOf(field), option: name.text, value: text }
  }),
)

const onEach = 'help_text db_index default null blank'

test.each([
  ['string', `${onEach} choices content_type max_length text`],
  ['date', `${onEach} auto_now_add content_type max_length`],
  ['bool', 'help_text db_index default null'],
  ['int32', `${onEach} max_value min_value`],
  ['uint32', `${onEach} max_value min_value`],
  ['int64', `${onEach} max_value min_value`],
  ['float', onEach],
  ['double', onEach],
  ['link', onEach],
])('a %s is seen with each option it can have: %s', (kind, options) => {
  const used = new Set(written.filter((entry) => entry.kind === kind).map(({ option }) => option))
  expect(options.split(' ').filter((option) => !used.has(option))).toEqual([])
})

test.each([
  ['gui_hidden', /^True$/],
  ['tosca_key', /^True$/],
  ['tosca_key_one_of', /^\w+$/],
  ['tosca_key_one_of', /^"\w+"$/],
  ['tosca_key_one_of', /^".*,.*"$/],
  ['bookkeeping_state', /^True$/],
  ['feedback_state', /^True$/],
  ['unique', /^True$/],
  ['unique_with', /^\w+$/],
  ['unique_with', /^"\w+"$/],
  ['unique_with', /^".*,.*"$/],
  ['null', /^True$/],
  ['null', /^False$/],
  ['blank', /^True$/],
  ['blank', /^False$/],
  ['db_index', /^False$/],
  ['content_type', /^"stripped"$/],
  ['content_type', /^"date"$/],
  ['content_type', /^"url"$/],
  ['content_type', /^"ip"$/],
  ['content_type', /^"email"$/],
  ['content_type', /^stripped$/],
  ['choices', /^"\(\(/],
  ['choices', /^"\[\(/],
  ['choices', /\(None, /],
  ['choices', /\\\\'/],
  ['help_text', /\\"/],
  ['help_text', /\/\/.*"$/],
  ['help_text', /[^ -~]/],
  ['default', /^None$/],
  ['default', /^True$/],
  ['default', /^False$/],
  ['default', /^\d+$/],
  ['default', /^\+\d+$/],
  ['default', /^-\d+$/],
  ['default', /^-?\d+\.\d+$/],
  ['default', /^"[^()]+"$/],
  ['default', /^""$/],
  ['default', /^"-?\d+"$/],
  ['default', /^"now\(\)"$/],
  ['default', /^"(?!now)\w+\(\)"$/],
  ['default', /^[a-z_]+$/],
])('%s = %s', (option, value) => {
  expect(written.some((entry) => entry.option === option && value.test(entry.value))).toBe(true)
})

test.each<readonly [form: string, isUsed: (link: LinkNode) => boolean]>([
  ['required', ({ modifier }) => modifier === 'required'],
  ['optional', ({ modifier }) => modifier === 'optional'],
  ['manytoone with a reverse set', (link) => /^manytoone [a-z]+$/.test(shapeOf(link))],
  ['manytoone without one', (link) => shapeOf(link) === 'manytoone +'],
  ['manytoone with a name that holds a plus', (link) => /^manytoone \w+\+$/.test(shapeOf(link))],
  ['onetoone', (link) => /^onetoone [a-z]/.test(shapeOf(link))],
  ['onetoone without a reverse set', (link) => shapeOf(link) === 'onetoone +'],
  ['manytomany with a join table of its own', (link) => /^manytomany [a-z]/.test(shapeOf(link))],
  ['manytomany without a reverse set', (link) => shapeOf(link) === 'manytomany +'],
  [
    'manytomany through a table named after it',
    ({ through, name }) => through?.text.endsWith(`_${name.text}`) === true,
  ],
  [
    'manytomany through a model',
    ({ through }) => messages.some(({ name }) => name.text === through?.text),
  ],
  ['through a dotted name', ({ through }) => through?.text.includes('.') === true],
  ['to a dotted name', ({ target }) => target.text.includes('.')],
  ['to a core model', ({ target }) => target.text === 'Site'],
  ['to a model of another service', ({ target }) => target.text === 'FibreLine'],
  ['with a policy', ({ policy }) => policy !== undefined],
])('a link: %s', (_form, isUsed) => {
  expect(links.some(isUsed)).toBe(true)
})

const shapeOf = ({ multiplicity, peer }: LinkNode): string => `${multiplicity} ${peer?.text ?? ''}`

test.each(['manytoone', 'onetoone', 'manytomany'])('a %s link of a model to itself', (kind) => {
  const toItself = messages.flatMap((message) =>
    message.parts.filter(
      (part) =>
        part.kind === 'link' &&
        part.multiplicity === kind &&
        part.target.text === message.name.text,
    ),
  )
  expect(toItself).not.toEqual([])
})

test.each(['required', 'optional'])('%s fields of every type', (modifier) => {
  const types = ['bool', 'double', 'float', 'int32', 'int64', 'string', 'uint32']
  const used = scalars.filter((field) => field.modifier === modifier).map(({ type }) => type.text)
  expect([...new Set(used)].toSorted()).toEqual(types)
})

test('fields with names that are words of the language, or of others', () => {
  const names = new Set([...scalars, ...links].map(({ name }) => name.text))
  expect(['message', 'max', 'service'].filter((name) => !names.has(name))).toEqual([])
  expect(scalars.some(({ policy }) => policy !== undefined)).toBe(true)
})

test.each([
  ['name', fileOptions],
  ['app_label', fileOptions],
  ['verbose_name', fileOptions],
  ['kind', fileOptions],
  ['custom_python', fileOptions],
  ['legacy', fileOptions],
  ['gui_hidden', fileOptions],
  ['name', modelOptions],
  ['app_label', modelOptions],
  ['verbose_name', modelOptions],
  ['description', modelOptions],
  ['kind', modelOptions],
  ['custom_python', modelOptions],
  ['validators', modelOptions],
  ['plural', modelOptions],
  ['singular', modelOptions],
  ['owner_class_name', modelOptions],
  ['sync_implemented', modelOptions],
  ['policy_implemented', modelOptions],
  ['gui_hidden', modelOptions],
  ['no_sync', modelOptions],
  ['no_policy', modelOptions],
  ['abstract', modelOptions],
  ['skip_django', modelOptions],
  ['skip_init', modelOptions],
  ['custom_header', modelOptions],
  ['tosca_description', modelOptions],
])('option %s', (name, options) => {
  expect(options.some((option) => option.name.text === name)).toBe(true)
})

test.each(['custom_python', 'gui_hidden', 'abstract', 'no_sync', 'no_policy'])(
  'flag %s with quotes and without',
  (name) => {
    const values = [...fileOptions, ...modelOptions]
      .filter((option) => option.name.text === name)
      .map(({ value }) => `${value.kind} ${value.text}`)
    expect(new Set(values)).toEqual(new Set(['string True', 'word True']))
  },
)

const basesOf = (name: string): readonly string[] =>
  messages.find((message) => message.name.text === name)?.bases.map(({ text }) => text) ?? []

test.each([
  ['no base', messages.some(({ bases }) => bases.length === 0)],
  ['two modelled bases', basesOf('Station').length === 2],
  ['a base that is not modelled', basesOf('Satellite').includes('AttributeMixin')],
  ['a base with a dotted name', messages.some(({ bases }) => bases[0]?.text.includes('.'))],
  ['a policy and bases', messages.some(({ policy, bases }) => policy && bases.length > 0)],
  ['no fields', messages.some((message) => message.parts.length === 0)],
  ['two bases that share one', basesOf('DuplexContact').map(basesOf).flat().length === 2],
])('a model with %s', (_form, isUsed) => {
  expect(isUsed).toBe(true)
})

test.each([
  ['a sub-policy', /\*\w+\(\w+\)/],
  ['a sub-policy that calls itself', /obj\.parent & \*zone_policy\(parent\)/],
  ['not', /\bnot /],
  ['and', /&/],
  ['or', /\|/],
  ['implication', /->/],
  ['implication without parentheses', /\w -> \w.* \| /],
  ['equality of records', /obj\.\w+ = ctx\.user(?!\.)/],
  ['equality with a text', /= "\w+"/],
  ['equality with the empty text', /= ""/],
  ['equality with a number', /= \d/],
  ['equality with a truth value', /= True/],
  ['a constant', /\| False/],
  ['nothing but True', /^\s*True\s*$/],
  ['exists', /exists Privilege:/],
  ['exists over a name of several words', /exists Band:/],
  ['forall', /forall InvoiceLine:/],
  ['in a set', / in obj\.[\w.]+\.all\(\)/],
  ['in a text', / in "/],
  ['read access', /ctx\.read_access/],
  ['write access', /ctx\.write_access/],
  ['grant access', /ctx\.grant_access/],
  ['an escape that looks for blanks', /\{\{.*' ' not in obj\.name.*\}\}/],
  ['an escape that counts letters', /\{\{.*len\(.*\) \+ 1 < len\(/],
  ['an escape that looks at the beginning', /\{\{.*startswith\(.*\}\}/],
  ['an escape on the left of a comparison', /\{\{.*\}\} = obj/],
  ['a path over several links', /obj(\.\w+){3}/],
  ['line comments', /\/\/ /],
  ['block comments', /\/\*.*\*\//],
  ['block comments of several lines', /\/\*[^*]*\n[^*]*\*\//],
  ['one line', /^[^\n]*$/],
])('a policy with %s', (_form, pattern) => {
  expect(policies.some((text) => pattern.test(text))).toBe(true)
})

test.each([
  ['before a message', /^\/\/ .*\nmessage/m],
  ['before an option', /^ *\/\/ .*\n *option/m],
  ['before a field', /^ +\/\/ .*\n +(required|optional)/m],
  ['behind an option', /^option .*; \/\//m],
  ['behind a field', /\]; \/\//],
  ['before the option of a field', /\[\n +\/\/ .*\n/],
  ['behind the option of a field', /, \/\/ .*\n/],
  ['in a block between options of a field', /,\n +\/\*.*\*\/\n +\w/],
  ['that begins a paragraph', /;\n\n +\/\/ /],
  ['before a closing brace', /\/\/.*\n\}/],
  ['at the end', /\}\n\n\/\/.*\n$/],
  ['of several lines', /^\/\*[^*]*\n[^*]*\*\//m],
  ['in a block on one line', /^ *\/\*.*\*\/$/m],
])('a comment %s', (_place, pattern) => {
  expect(sources.some(({ text }) => pattern.test(text))).toBe(true)
})
