import { expect, test } from 'vitest'
import { contractSchemas } from '#contract'
import { said } from '../support/said.ts'

test.each(Object.entries(contractSchemas))('schema %s writes it as JSON', async (name, schema) => {
  const { status, stdout, stderr } = await said(['schema', name])

  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(JSON.parse(stdout)).toEqual(schema)
})

test('a schema that is none is told of, and the help lists those that are', async () => {
  expect(await said(['schema', 'chnge'])).toEqual({
    status: 2,
    stdout: '',
    stderr: 'Unknown schema "chnge". Did you mean "change"?\nSee: syncstep schema --help\n',
  })
  const { stdout } = await said(['schema', '--help'])
  for (const [name, { title }] of Object.entries(contractSchemas)) {
    expect(stdout).toMatch(new RegExp(`^ {2}${name} +`, 'm'))
    expect(stdout).toContain(title)
  }
})
