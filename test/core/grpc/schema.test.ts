import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inflateSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { protocMissing } from '../../xproto/targets/proto3-facts.ts'
import { readDescriptorSet } from './descriptor-lines.ts'
import { inFolder, openXosCore, type XosClient, type XosCore } from './xos-core.ts'

let core: XosCore
let anybody: XosClient
beforeAll(async () => {
  core = await openXosCore()
  anybody = await core.dial({})
})
afterAll(() => core.close())

const descriptors = (bytes: Uint8Array) => readDescriptorSet(inflateSync(bytes))

test('the schema is what clients of XOS need, and no credentials are asked for', async () => {
  const files = await anybody.readSchema()
  expect(files.map(({ file_name: name }) => name).toSorted()).toEqual([
    'common.proto',
    'dynamicload.proto',
    'filetransfer.proto',
    'modeldefs.proto',
    'utility.proto',
    'xos.proto',
    'xosoptions.proto',
  ])
  expect(files.every(({ proto }) => proto.startsWith('syntax = "proto3";'))).toBe(true)
})

test('each file comes with its descriptor behind those of all that it imports', async () => {
  for (const { file_name: name, descriptor } of await anybody.readSchema()) {
    const known = new Set<string>()
    for (const file of descriptors(descriptor)) {
      for (const imported of file.dependency ?? []) expect(known).toContain(imported)
      known.add(file.name)
    }
    expect([...known].at(-1)).toBe(name)
  }
})

test('the service of the models has Get methods for nothing but models', async () => {
  const { definition } = anybody
  const gets = Object.keys(definition['xos.xos']!).filter((name) => name.startsWith('Get'))
  for (const name of gets) expect(Object.keys(definition)).toContain(`xos.${name.slice(3)}`)
})

test('the real compiler reads the texts, and makes the same descriptors of them', async ({
  skip,
}) => {
  if (protocMissing !== undefined) skip(protocMissing)
  const files = await anybody.readSchema()
  inFolder(files, (folder) => {
    /** Text that does not depend on the order in which options were written. */
    const printed = (bytes: Uint8Array): string =>
      execFileSync(
        'protoc',
        [
          '-I',
          folder,
          '--decode=google.protobuf.FileDescriptorSet',
          'google/protobuf/descriptor.proto',
          'xosoptions.proto',
          'google/api/annotations.proto',
        ],
        { input: bytes, encoding: 'utf8' },
      )
    for (const { file_name: name, descriptor } of files) {
      const output = join(folder, 'compiled')
      execFileSync('protoc', ['-I', folder, name, `--descriptor_set_out=${output}`], {
        stdio: 'pipe',
      })
      const compiled = execFileSync('cat', [output])
      const own = join(folder, 'own')
      writeFileSync(own, inflateSync(descriptor))
      const whole = printed(inflateSync(descriptor))
      expect(whole.endsWith(printed(compiled))).toBe(true)
    }
  })
})

test('the real compiler links our descriptors', async ({ skip }) => {
  if (protocMissing !== undefined) skip(protocMissing)
  const files = await anybody.readSchema()
  inFolder(files, (folder) => {
    for (const { file_name: name, descriptor } of files) {
      const set = join(folder, 'set')
      writeFileSync(set, inflateSync(descriptor))
      const again = join(folder, 'again')
      execFileSync(
        'protoc',
        [`--descriptor_set_in=${set}`, name, `--descriptor_set_out=${again}`],
        { stdio: 'pipe' },
      )
    }
  })
})
