// Lines 1 to 3 of the checklist in reference core-api.md 12.
import { execFileSync } from 'node:child_process'
import { inflateSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  linesOf,
  readDescriptor,
  readDescriptorSet,
  type FileDescriptor,
} from '../core/grpc/descriptor-lines.ts'
import { reflect } from '../core/grpc/reflection-client.ts'
import { inFolder } from '../core/grpc/xos-core.ts'
import { golden, goldenWire } from '../fixtures/xproto/read.ts'
import { helloWorldModels } from '../support/store.ts'
import { protocMissing } from '../xproto/targets/proto3-facts.ts'
import { minimalRecords } from './minimal-records.ts'
import { openCoreOnSockets, setFields, type CoreOnSockets } from './faces.ts'

let core: CoreOnSockets
beforeAll(async () => {
  core = await openCoreOnSockets()
})
afterAll(() => core.close())

/** A file as a client of the schema service gets it. */
const inflated = async (name: string): Promise<readonly FileDescriptor[]> => {
  const files = await core.admin().readSchema()
  return readDescriptorSet(inflateSync(files.find((file) => file.file_name === name)!.descriptor))
}

const inAnyOrder = (row: string): string => row.trim().split(' ').toSorted().join(' ')

describe('1. the descriptors of the core models are those of XOS 4.0.4', () => {
  let lines: readonly string[]
  beforeAll(async () => {
    lines = linesOf((await inflated('xos.proto')).at(-1)!)
  })

  /** Lines of one message or service, without the first. */
  const linesBelow = (head: string): readonly string[] => {
    const start = lines.findIndex((line) => line === head || line.startsWith(`${head} `)) + 1
    const end = lines.findIndex((line, index) => index >= start && !line.startsWith(' '))
    expect(start).toBeGreaterThan(0)
    return lines.slice(start, end === -1 ? undefined : end).map((line) => line.trim())
  }

  test.each(Object.keys(golden.models))('%s: numbers, oneofs and options', (name) => {
    const { message } = goldenWire.models[name]!
    const expected = [
      '1 int32 id in id_present',
      ...message.flatMap((row) => (row === 'XOSBase' ? goldenWire.inheritedMessage : [row])),
      '2046 string class_names bookkeepingState',
      '2047 string self_content_type_id bookkeepingState',
    ]
    expect(linesBelow(`message ${name}`).map(inAnyOrder)).toEqual(expected.map(inAnyOrder))
  })

  test.each(Object.entries(golden.models))(
    '%s: plural, and the six methods with their paths',
    (name, { plural, restPath: path }) => {
      expect(linesBelow(`message ${plural}`)).toEqual([`1 repeated ${name} items`])
      const method = (verb: string, request: string, reply: string, rule = ''): string =>
        `${verb}${name} (${request}) returns (${reply})${rule}`
      const empty = 'google.protobuf.Empty'
      const methods = linesBelow('service xos')
      const first = methods.findIndex((line) => line.startsWith(`List${name} `))
      expect(methods.slice(first, first + 6)).toEqual([
        method('List', empty, `xos.${plural}`, ` GET ${path}`),
        method('Filter', 'xos.Query', `xos.${plural}`),
        method('Get', 'xos.ID', `xos.${name}`, ` GET ${path}/{id}`),
        method('Create', `xos.${name}`, `xos.${name}`, ` POST ${path} body=*`),
        method('Update', `xos.${name}`, `xos.${name}`, ` PUT ${path}/{id} body=*`),
        method('Delete', 'xos.ID', empty, ` DELETE ${path}/{id}`),
      ])
    },
  )

  test('there is no other model, and the models come in the order of XOS', () => {
    const lists = linesBelow('service xos').flatMap((line) => /^List(\w+)/.exec(line)?.[1] ?? [])
    const byName = (a: string, b: string): number =>
      a.toLowerCase() < b.toLowerCase() ? -1 : Number(a !== b)
    expect(lists).toEqual(Object.keys(golden.models).toSorted(byName))
  })

  test('every REST path answers a list', async () => {
    for (const [name, { restPath }] of Object.entries(golden.models)) {
      const answer = await core.rest('GET', restPath.replace('/xosapi/v1/', ''))
      expect([name, answer.status]).toEqual([name, 200])
      expect(answer.json()['items']).toBeInstanceOf(Array)
    }
  })
})

describe('2. clients can learn the API', () => {
  test('the real protoc compiles what GetSchema answers, models of services included', async ({
    skip,
  }) => {
    if (protocMissing !== undefined) skip(protocMissing)
    await core.load(helloWorldModels, [], 'hello-world')
    const files = await core.admin().readSchema()
    expect(files.map(({ file_name: name }) => name).toSorted()).toEqual([
      'common.proto',
      'dynamicload.proto',
      'filetransfer.proto',
      'modeldefs.proto',
      'utility.proto',
      'xos.proto',
      'xosoptions.proto',
    ])
    const names = files.map(({ file_name: name }) => name)
    inFolder(files, (folder) => {
      execFileSync('protoc', ['-I', folder, ...names, '--python_out', folder], { stdio: 'pipe' })
      const made = execFileSync('ls', [folder], { encoding: 'utf8' })
      for (const name of names) expect(made).toContain(name.replace('.proto', '_pb2.py'))
    })
    await core.dialAgain()
    expect(await core.ids('ListHelloWorldService')).toEqual([])
  })

  test('every descriptor inflates with zlib, into the file behind all that it imports', async () => {
    for (const { file_name: name } of await core.admin().readSchema()) {
      const files = await inflated(name)
      const known = files.map((file) => file.name)
      expect(known.at(-1)).toBe(name)
      for (const { dependency = [] } of files) {
        expect(known).toEqual(expect.arrayContaining([...dependency]))
      }
    }
  })

  test('reflection tells which fields are hidden, feedback and bookkeeping, in the bytes cordctl looks for', async () => {
    const [reply] = await reflect(core.port, 'v1alpha', [{ file_containing_symbol: 'xos.Slice' }])
    const bytes = reply!.file_descriptor_response!.file_descriptor_proto.map((one) =>
      Buffer.from(one),
    )
    const xos = bytes.find((one) => readDescriptor(one).name === 'xos.proto')!
    // Options 1005, 1006 and 1007 as varints that are true.
    for (const tag of [0x3e_e8, 0x3e_f0, 0x3e_f8]) {
      expect(xos.includes(Buffer.from([tag & 0xff, tag >> 8, 1]))).toBe(true)
    }
    const slice = readDescriptor(xos).messageType!.find(({ name }) => name === 'Slice')!
    const lines = linesOf({ name: '', package: '', messageType: [slice] })
    const optionOf = (field: string): string | undefined =>
      lines.find((line) => line.includes(` ${field} `))?.replace(/^.*_present /, '')
    expect(optionOf('xos_managed')).toBe('guiHidden')
    expect(optionOf('backend_code')).toBe('feedbackState')
    expect(optionOf('enacted')).toBe('bookkeepingState')
  })
})

describe('3. a record that is created with nothing but what is required', () => {
  const inAll = {
    backend_need_delete: false,
    backend_need_reap: false,
    backend_status: 'Provisioning in progress',
    backend_code: 0,
    deleted: false,
    write_protect: false,
    lazy_blocked: false,
    no_sync: false,
    no_policy: false,
    policy_code: 0,
    backend_need_delete_policy: false,
    xos_managed: true,
  }
  const ofXosBase = { ...inAll, backend_register: '{}', policy_status: 'Policy in process' }
  const ofUser = { ...inAll, policy_status: '0 - Policy in process' }
  const nulls = ['enacted', 'policed', 'backend_handle', 'changed_by_step', 'changed_by_policy']

  let create: ReturnType<typeof minimalRecords>
  beforeAll(() => {
    create = minimalRecords(core)
  })

  test.each(Object.entries(golden.models))(
    '%s: defaults are set and nulls are not',
    async (model, { ancestry, contentType }) => {
      const { given, created, declared } = await create(model)
      const seconds = core.clock.now() / 1000
      expect(setFields(created)).toMatchObject({
        ...(model === 'User' ? ofUser : ofXosBase),
        ...given,
        created: seconds,
        updated: seconds,
        leaf_model_name: model,
        class_names: ancestry.join(),
        self_content_type_id: contentType,
      })
      for (const name of nulls) expect(created).not.toHaveProperty(name)
      expect(Object.entries(declared).map(([name]) => [name, String(created[name])])).toEqual(
        Object.entries(declared),
      )
      // A link has its presence under its own name, everything else under that of the field.
      const present = Object.entries(created).filter(([name]) => name.endsWith('_present'))
      const set = Object.entries(setFields(created)).filter(([, value]) => !Array.isArray(value))
      expect(present.map(([, field]) => field).toSorted()).toEqual(
        set
          .map(([name]) => name)
          .filter((name) => name !== 'class_names' && name !== 'self_content_type_id')
          .toSorted(),
      )
      const read = await core.ask(`xos.xos/Get${model}`, { id: created['id'] })
      expect(read).toMatchObject({ id: created['id'], leaf_model_name: model })
    },
  )
})
