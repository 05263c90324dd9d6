import { expect, test } from 'vitest'
import { chosenDatabase, eventSecretsFrom, publicUrlFrom } from '../../cli/core-settings.ts'

const url = 'postgres://me:s3cr3t@db/x'

test.each([
  ['nothing', {}, undefined, { data: '.syncstep' }],
  ['config.yaml: a folder', {}, '/here', { data: '/here' }],
  ['config.yaml: memory', {}, 'memory', {}],
  ['config.yaml: a server', {}, url, { database: url }],
  ['--data', { data: 'there' }, url, { data: 'there' }],
  ['--data memory', { data: 'memory' }, '/here', {}],
  ['--database', { database: url }, '/here', { database: url }],
  [
    '--database with the longer scheme',
    { database: 'postgresql://db/x' },
    undefined,
    { database: 'postgresql://db/x' },
  ],
])('the data is kept where the user says: %s', (_, given, configured, expected) => {
  const none = { data: undefined, database: undefined }
  expect(chosenDatabase({ ...none, ...given }, configured)).toEqual({ ...none, ...expected })
})

test.each([
  ['both', { data: 'there', database: url }, /got both/],
  ['another server', { data: undefined, database: 'mysql://me:s3cr3t@db/x' }, /to be postgres:/],
  ['a folder', { data: undefined, database: 'some/s3cr3t' }, /there is --data/],
])('where that cannot be, it says so without the password: %s', (_, given, message) => {
  expect(() => chosenDatabase(given, undefined)).toThrow(message)
  expect(() => chosenDatabase(given, undefined)).not.toThrow(/s3cr3t/)
})

test.each(['http://core.test:30006', 'https://core.test/syncstep/'])(
  'functions reach the core at %s',
  (text) => {
    expect(publicUrlFrom(text)).toEqual(new URL(text))
  },
)

test.each([
  'core.test:30006',
  'ftp://core.test/',
  'http://me:s3cr3t@core.test/',
  'http://c/?s3cr3t',
])('functions do not reach the core at %s, which is not told again', (text) => {
  expect(() => publicUrlFrom(text)).toThrow(/to be an http or https URL/)
  expect(() => publicUrlFrom(text)).not.toThrow(/s3cr3t/)
})

test.each([
  [undefined, []],
  ['', []],
  ['secret-of-now-0123', ['secret-of-now-0123']],
  ['secret-of-now-0123, former~secret_0123', ['secret-of-now-0123', 'former~secret_0123']],
])('events are let in by %j at %j', (text, secrets) => {
  expect(eventSecretsFrom(text)).toEqual(secrets)
})

test.each(['short', 'secret-of-now-0123,', 's3cr3t/of-now/0123', 's3cr3t of now 0123'])(
  'events are not let in by %j, which is not told again',
  (text) => {
    expect(() => eventSecretsFrom(text)).toThrow(/16 to 200 letters/)
    expect(() => eventSecretsFrom(text)).not.toThrow(/s3cr3t/)
  },
)
