import { expect, test } from 'vitest'
import { compile, parse, print } from '#xproto'
import { listLegacyServices } from '../fixtures/services/read.ts'
import { coreSource } from '../fixtures/xproto/read.ts'
import { rowsOf } from './rows.ts'

const [cable] = listLegacyServices()
const { own, sources } = cable!
const core = compile([coreSource]).schema!

/** `2-orders:9 error XP_UNKNOWN_OWNER` of each diagnostic; once for several of a kind on one line. */
const remarksIn = (mode: 'strict' | 'compat'): readonly string[] => {
  const remarks = compile(sources, { mode }).diagnostics.map(({ code, severity, span }) => {
    const text = sources.find(({ file }) => file === span.file)!.text
    const line = text.slice(0, span.start).split('\n').length
    const name = span.file.replace(/^.*\/|\.xproto$/g, '')
    return `${name}:${line} ${severity} ${code}`
  })
  return [...new Set(remarks)]
}

const expected = (texts: string): readonly string[] =>
  texts
    .trim()
    .split('\n')
    .map((line) => line.replace(/ #.*/, '').trim())

test('read strictly, an old service has these mistakes', () => {
  expect(remarksIn('strict')).toEqual(
    expected(`
      1-cable:2 warning XP_UNSUPPORTED # import
      1-cable:7 error XP_DUPLICATE_OPTION # of a file
      1-cable:9 error XP_UNSUPPORTED # enum
      1-cable:14 error XP_POLICY_QUOTES
      1-cable:16 error XP_DUPLICATE_POLICY
      1-cable:18 error XP_UNKNOWN_BASE
      1-cable:20 error XP_DUPLICATE_OPTION # of a model
      1-cable:21 warning XP_STRING_LENGTH
      1-cable:21 error XP_UNKNOWN_OPTION # varchar
      1-cable:22 warning XP_STRING_LENGTH
      1-cable:23 error XP_FLAG_VALUE # with quotes
      1-cable:24 error XP_ILLEGAL_CHARACTER # single quotes
      1-cable:24 error XP_UNKNOWN_OPTION # verbose_name
      1-cable:25 error XP_MODIFIER
      1-cable:25 error XP_DUPLICATE_OPTION # of a field
      1-cable:26 error XP_ILLEGAL_CHARACTER # quotes of a word processor
      1-cable:27 error XP_MODIFIER
      1-cable:27 error XP_UNKNOWN_OPTION # editable
      1-cable:31 warning XP_FALSE_FLAG # no_policy
      1-cable:32 warning XP_FALSE_FLAG # gui_hidden
      1-cable:33 error XP_REVERSE_NUMBER_MISSING
      1-cable:34 error XP_REVERSE_NUMBER_MISSING
      1-cable:35 error XP_UNKNOWN_TARGET
      1-cable:35 error XP_REVERSE_NUMBER_MISSING
      1-cable:36 warning XP_PEER_MISSING
      1-cable:37 error XP_REVERSE_NUMBER_MISSING
      1-cable:38 error XP_BLANK_NUMBER
      1-cable:39 error XP_REPEATED
      1-cable:40 warning XP_FALSE_FLAG # text
      1-cable:41 error XP_UNSUPPORTED # message
      1-cable:44 error XP_UNSUPPORTED # extensions
      1-cable:52 error XP_DUPLICATE_MODEL
      1-cable:55 error XP_FLAG_VALUE
      2-orders:2 error XP_APP_BORROWED # told once a file
      2-orders:5 error XP_DUPLICATE_REVERSE_NAME
      2-orders:9 error XP_UNKNOWN_OWNER
      2-orders:10 error XP_DUPLICATE_FIELD
      2-orders:11 error XP_REVERSE_NUMBER_MISSING`),
  )
})

test('read as XOS reads it, it has nothing but warnings, for the same reasons', () => {
  const forgiven = remarksIn('strict').map((remark) => remark.replace(' error ', ' warning '))
  expect(remarksIn('compat')).toEqual(forgiven)
})

const { schema } = compile(sources, { mode: 'compat' })

const numberOf = (row: string): number => Number.parseInt(row, 10)

const withRowsOf = (ancestor: string, rows: readonly string[]): readonly string[] =>
  [...rowsOf(core.model(ancestor)!), ...rows].toSorted((a, b) => numberOf(a) - numberOf(b))

/** Worked out by hand from what XOS does with each mistake. */
test.each<readonly [model: string, coreAncestor: string, rows: readonly string[]]>([
  [
    'CableService',
    'Service',
    [
      '201 string head_url',
      '202 string notes',
      '203 bool scrambled required default=true',
      '204 string region max=254 required',
      '205 string contact max=255 required',
      '206 string operator max=40',
      '207 double since',
      // Reverse sets without numbers are numbered from 1900 on.
      '1900 int32* boxes_ids <-CableBox',
    ],
  ],
  [
    'CableBox',
    'XOSBase',
    [
      '101 string serial max=20 required',
      '102 int32 service_id ->CableService:boxes required',
      '103 int32 site_id ->Site:boxes',
      // A link to nothing is a number.
      '104 int32 tenant_id',
      '105 int32* channels_ids ->CableChannel',
      '106 int32* bundles_ids ->CableBundle',
      '107 int32 slot',
      // A list is one value.
      '108 string colours max=10',
      '109 string kind max=10 choices=tuner|recorder',
      '1001 int32* orders_ids <-CableOrder',
    ],
  ],
  [
    'CableChannel',
    'XOSBase',
    [
      // The last of two definitions.
      '101 string name max=60 required',
      '102 uint32 number required unique',
      '103 int32 frequency_khz feedback',
      // The second set of that name is left out.
      '1001 int32* bundles_ids <-CableBundle',
    ],
  ],
  [
    'CableBundle',
    'XOSBase',
    [
      '101 string name max=40 required',
      '102 int32* channels_ids ->CableChannel',
      '103 int32* premium_channels_ids ->CableChannel',
      '1900 int32* boxes_ids <-CableBox',
      '1901 int32* orders_ids <-CableOrder',
    ],
  ],
])('%s is on the wire what XOS makes of it', (name, coreAncestor, rows) => {
  expect(rowsOf(schema!.model(name)!)).toEqual(withRowsOf(coreAncestor, rows))
})

test('of two fields with one name the last one counts', () => {
  const inherited = withRowsOf('ServiceInstance', []).filter((row) => !/ name /.test(row))
  const rows = [
    '201 string name max=80',
    '202 int32 bundle_id ->CableBundle:orders required',
    '203 int32 box_id ->CableBox:orders',
    '204 int32 payer_id ->User:+ required',
  ]
  expect(rowsOf(schema!.model('CableOrder')!)).toEqual(
    [...inherited, ...rows].toSorted((a, b) => numberOf(a) - numberOf(b)),
  )
})

test.each([
  ['CableService', { app: 'cable', verboseName: 'Cable television' }],
  ['CableBundle', { app: 'cable', restPath: '/xosapi/v1/cable/cablebundles' }],
  ['CableOrder', { app: 'cable', contentType: 'cable.cableorder' }],
  ['CableBox', { policy: 'box_policy', toscaKeys: ['serial'], unpublished: new Set() }],
])('%s is what the options that count say', (name, facts) => {
  expect(schema!.model(name)).toMatchObject(facts)
})

test('an option counts by its place: on a model the last one, on a field the first one', () => {
  const service = schema!.model('CableService')!
  expect(service.options.get('kind')).toBe('tv')
  expect(service.fields.find(({ name }) => name === 'contact')?.help).toBe('Who answers')
})

test.each(own)('$file has one canonical form, once its mistakes are ignored', (source) => {
  const once = print(parse(source).tree)
  expect(print(parse({ ...source, text: once }).tree)).toBe(once)
})
