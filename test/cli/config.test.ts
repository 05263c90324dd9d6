import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { durationMs } from '#contract'
import { configSchema } from '../../cli/config.schema.ts'
import { parseConfig } from '../../cli/config.ts'
import { stepSettings } from '../../cli/settings.ts'

const mistakesIn = (text: string): readonly string[] => {
  try {
    parseConfig(text, 'config.yaml')
    return []
  } catch (error) {
    return (error as Error).message.split('\n')
  }
}

test.each([
  ['name: x\nmodels_dirr: a', '2:1: Unknown key "models_dirr". Did you mean "models_dir"?'],
  [
    'name: x\nlogging: {levle: info}',
    '2:11: Unknown key "levle" in logging. Did you mean "level"?',
  ],
  [
    'name: x\nfunctions: {good: {retry: {frist: 1}}}',
    '2:28: Unknown key "frist" in functions.good.retry. Did you mean "first"?',
  ],
  [
    'name: x\npull_steps_dir: [pulls]',
    '2:17: Expected pull_steps_dir to be a folder, relative to config.yaml, got a list.',
  ],
  [
    'name: x\nfunctions: {good: {every: never}}',
    '2:27: Expected functions.good.every to be a duration such as 500ms, 5s, 2m or PT5S (a plain number means seconds), at most a day, got "never".',
  ],
  [
    'name: x\ndependency_graph: {Port: []}',
    '2:19: Expected dependency_graph to be a JSON file, relative to config.yaml, that says which models wait for which, got a map.',
  ],
  [
    'name: x\naccessor: {kind: grpcapi}',
    '2:18: Expected accessor.kind to be leases (a core of Syncstep) or xos (a core of XOS, for one dispatcher alone), got "grpcapi".',
  ],
  ['steps_dir: steps', '1:1: The key "name" is missing.'],
  [
    'name: Hello World',
    '1:7: Expected name to be lower-case letters, digits and hyphens, at most 63, such as hello-world, got "Hello World".',
  ],
  [
    'name: x\nsteps_dir:',
    '2:11: Expected steps_dir to be a folder, relative to config.yaml, got nothing.',
  ],
  [
    'name: x\nfunctions: {good: {concurrency: 0}}',
    '2:33: Expected functions.good.concurrency to be a whole number from 1 to 1000, got 0.',
  ],
  [
    'name: x\nfunctions: {good: {url: "ftp://x"}}',
    '2:25: Expected functions.good.url to be where the function is, such as http://hello.example.com/, got "ftp://x".',
  ],
  [
    'name: x\nfunctions: {Not_Good: {}}',
    '2:13: Expected the name of a step to be lower-case letters, digits and hyphens, a letter first, at most 40, got "Not_Good".',
  ],
  [
    'name: x\ndesired_state: unload',
    '2:16: Expected desired_state to be "load" ("unload" is not there yet), got "unload".',
  ],
  [
    'name: x\ndatabase: mysql://me:s3cr3t@host/db',
    '2:11: Expected database to be "memory", a folder relative to config.yaml, or postgres://..., got something else.',
  ],
  ['name: x\nname: y', '2:1: Map keys must be unique'],
  ['\tname: x', '1:1: Tabs are not allowed as indentation'],
  [
    '',
    '1:1: Expected the file to be a map of keys such as name, models_dir and steps_dir, got nothing.',
  ],
  [
    '- name',
    '1:1: Expected the file to be a map of keys such as name, models_dir and steps_dir, got a list.',
  ],
])('config.yaml with %j is refused: %s', (text, mistake) => {
  expect(mistakesIn(text)).toEqual([`config.yaml:${mistake}`])
})

test('all mistakes are told at once, in the order of the file', () => {
  const told = mistakesIn('nam: x\naccessor: {username: 5}\nsteps_dir: 7\n')

  expect(told.map((line) => line.split(': ')[0])).toEqual([
    'config.yaml:1:1',
    'config.yaml:1:1',
    'config.yaml:2:22',
    'config.yaml:3:12',
  ])
})

test('all mistakes of the YAML itself are told at once too', () => {
  expect(mistakesIn('name: x\nname: y\nname: z')).toHaveLength(2)
})

test('a password is not repeated in the message about it', () => {
  expect(mistakesIn('name: x\naccessor: {password: 12345}').join()).not.toContain('12345')
})

test.each(['__proto__', 'constructor', 'toString'])(
  'the key %s is as unknown as any other, and no step has its settings from it',
  (key) => {
    expect(mistakesIn(`name: x\n${key}: {url: 'http://x'}`)).toHaveLength(1)
    expect(stepSettings({ name: 'x', functions: {} }, key)).toEqual(
      stepSettings({ name: 'x' }, 'other'),
    )
  },
)

test('aliases that would grow without bound are refused', () => {
  const levels = Array.from({ length: 12 }, (_, level) =>
    level === 0 ? 'a0: &a0 [x]' : `a${level}: &a${level} [${`*a${level - 1}, `.repeat(9)}]`,
  )

  expect(mistakesIn(levels.join('\n')).join()).toMatch(/alias/i)
})

test('nothing falsy is lost', () => {
  const config = parseConfig(
    'name: x\ndeferred_delay: 0\nrequired_models: []\nfunctions: {good: {retry: {first: 0s, cap: 0, max_attempts: 3}, include: []}}',
    'config.yaml',
  )

  expect(config.required_models).toEqual([])
  expect(config.functions?.['good']?.include).toEqual([])
  expect(stepSettings(config, 'good')).toEqual({
    timeoutMs: 30_000,
    gatewayGraceMs: 0,
    concurrency: 10,
    deferredDelayMs: 0,
    retry: { firstMs: 0, capMs: 0, maxAttempts: 3 },
  })
})

test('a step that is not mentioned has the defaults', () => {
  expect(stepSettings({ name: 'x' }, 'good')).toEqual({
    timeoutMs: 30_000,
    gatewayGraceMs: 0,
    concurrency: 10,
    deferredDelayMs: 5_000,
    retry: { firstMs: 1_000, capMs: 600_000 },
  })
})

test.each([
  ['500ms', 500],
  ['5s', 5_000],
  ['1.5s', 1_500],
  ['2m', 120_000],
  ['1h', 3_600_000],
  ['PT5S', 5_000],
  ['PT1M30S', 90_000],
  ['PT0.25S', 250],
  [5, 5_000],
  [0, 0],
  [0.05, 50],
  ['5', undefined],
  ['5 s', undefined],
  ['s', undefined],
  ['PT', undefined],
  ['P1D', undefined],
  ['-5s', undefined],
  ['25h', undefined],
  [-1, undefined],
  [Number.NaN, undefined],
  [Number.POSITIVE_INFINITY, undefined],
])('the duration %j is %s ms', (text, ms) => {
  expect(durationMs(text)).toBe(ms)
})

test('whatever the text, reading a config ends in a config or in a message with its place', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
      for (const line of mistakesIn(text)) expect(line).toMatch(/^config\.yaml:\d+:\d+: ./)
    }),
  )
})

test('every key is in the documentation', () => {
  const keysOf = (properties: object, before = ''): readonly string[] =>
    Object.entries(properties).flatMap(([key, value]) => {
      const inner = value as { readonly properties?: object }
      return inner.properties === undefined
        ? [`${before}${key}`]
        : keysOf(inner.properties, `${before}${key}.`)
    })
  const { functions, ...others } = configSchema.properties
  const keys = [...keysOf(others), ...keysOf(functions.additionalProperties.properties)]
  const page = readFileSync(new URL('../../docs/config.md', import.meta.url), 'utf8')

  expect(keys).toContain('retry.max_attempts')
  expect(keys.filter((key) => !page.includes(`\n| \`${key}\` `))).toEqual([])
})
