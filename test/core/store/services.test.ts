import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Caller, QueryKind, Store } from '#core'
import {
  administrator,
  asAdministrator,
  helloWorldModels,
  helloWorldSteps,
  openTestStore,
  reportOn,
  type TestStore,
} from '../../support/store.ts'

type LoadRequest = Parameters<Store['services']['load']>[0]
type UnloadRequest = Parameters<Store['services']['unload']>[0]

const somebody: Caller = { userId: 2, email: 'arya@example.org', isAdmin: false }

const file = (filename: string, contents: string) => ({ filename, contents })

const greeting: LoadRequest = {
  name: 'greeting',
  version: '1.0.0',
  xprotos: [file('greeting.xproto', helloWorldModels)],
  decls: [file('models.py', 'class HelloWorldService: pass')],
  attics: [],
  convenienceMethods: [file('hello.py', 'print("hello")')],
  migrations: [file('0001_initial.py', 'pass')],
  coreVersion: '>=4.0.0~<5.0.0',
}

const unloading: UnloadRequest = { name: 'greeting', version: '1.0.0', cleanup: 'REQUIRE_CLEAN' }

let under: TestStore
let records: ReturnType<typeof asAdministrator>
let changes = 0

beforeAll(async () => {
  under = await openTestStore()
  records = asAdministrator(under.store)
  under.store.onSchemaChange(() => {
    changes += 1
  })
})

afterAll(() => under.core.close())

const load = (request: Partial<LoadRequest> = {}) =>
  under.store.services.load({ ...greeting, ...request }, administrator)

const unload = (request: Partial<UnloadRequest> = {}) =>
  under.store.services.unload({ ...unloading, ...request }, administrator)

afterEach(async () => {
  for (const name of ['rival', 'greeting']) await unload({ name, cleanup: 'PURGE' })
  await under.clear()
})

const hello = { name: 'hello', hello_from: 'Ann' }

const withPolicies = file(
  'greeting.xproto',
  helloWorldModels.replace(
    'message HelloWorldService (Service) {',
    '$& option policy_implemented = "True";',
  ),
)

/** How often other models came into force while the work was done. */
const changesIn = async (work: () => Promise<unknown>): Promise<number> => {
  const before = changes
  await work()
  return changes - before
}

describe('loading', () => {
  test('models are there at once, and the listeners hear of them', async () => {
    expect(await changesIn(() => load())).toBe(1)
    await records.create('HelloWorldService', hello)
    expect(await under.store.services.status()).toContainEqual({
      name: 'greeting',
      version: '1.0.0',
      state: 'present',
    })
  })

  test('the same again changes nothing', async () => {
    expect(await load()).toBe('SUCCESS')
    const again = changesIn(async () => {
      expect(await load()).toBe('SUCCESS_NOTHING_CHANGED')
    })
    expect(await again).toBe(0)
  })

  test.each<[what: string, request: Partial<LoadRequest>, status: string, changes: number]>([
    ['another version', { version: '1.0.1' }, 'SUCCESS', 0],
    ['other decls', { decls: [] }, 'SUCCESS', 1],
    [
      'a model file of another name',
      { xprotos: [file('a.xproto', helloWorldModels)] },
      'SUCCESS',
      1,
    ],
    ['other convenience methods', { convenienceMethods: [] }, 'SUCCESS_NOTHING_CHANGED', 0],
    ['other migrations and attics', { migrations: [], attics: [] }, 'SUCCESS_NOTHING_CHANGED', 0],
  ])('%s: as XOS hashes it', async (_, request, status, expected) => {
    await load()
    const found = await changesIn(async () => expect(await load(request)).toBe(status))
    expect(found).toBe(expected)
  })

  test('a service that a dispatcher brings again does not change the models, but with other steps', async () => {
    const bring = (steps: typeof helloWorldSteps) => under.load(helloWorldModels, steps, 'greeting')
    await bring([])
    expect(await changesIn(() => bring(helloWorldSteps))).toBe(0)
    expect(await changesIn(() => bring(helloWorldSteps))).toBe(0)
    await records.create('HelloWorldService', hello)
    expect(await under.lease(['HelloWorldService'])).toHaveLength(1)
  })

  test.each<[what: string, request: Partial<LoadRequest>, sentence: string]>([
    [
      'an illegal file name',
      { decls: [file('../models.py', '')] },
      'illegal character in filename ../models.py',
    ],
    ['a file name of dots', { decls: [file('..', '')] }, 'illegal character in filename ..'],
    ['an illegal service name', { name: 'a/b' }, 'illegal character in service name a/b'],
    ['a NUL character', { attics: [file('a.py', '\0')] }, 'it has a NUL character'],
    ['half of a pair', { attics: [file('a.py', '\ud800')] }, 'half of a Unicode pair'],
    [
      'too many files',
      { attics: Array.from({ length: 1001 }, () => file('a.py', '')) },
      'at most 1000',
    ],
    [
      'too long files',
      { attics: [file('a.py', 'x'.repeat(5 * 1024 * 1024 + 1))] },
      'at most 1000 and 5242880',
    ],
    [
      'a mistake in the models',
      { xprotos: [file('a.xproto', 'mesage')] },
      'greeting/a.xproto:1:1 XP_SYNTAX',
    ],
  ])('%s is refused, and nothing is stored', async (_, request, sentence) => {
    const before = await under.store.services.status()
    await expect(load(request)).rejects.toMatchObject({
      code: 'VALIDATION',
      message: expect.stringContaining(sentence) as string,
    })
    expect(await under.store.services.status()).toEqual(before)
  })

  test('only an administrator loads and unloads', async () => {
    const { services } = under.store
    const denied = { code: 'PERMISSION_DENIED' }
    await expect(services.load(greeting, somebody)).rejects.toMatchObject(denied)
    await expect(services.unload(unloading, somebody)).rejects.toMatchObject(denied)
    const scoped = { ...administrator, step: 'instance' }
    await expect(services.load(greeting, scoped)).rejects.toMatchObject(denied)
  })

  test('convenience methods of all services are handed out, one of each name', async () => {
    await load()
    await load({
      name: 'rival',
      xprotos: [],
      convenienceMethods: [file('hello.py', 'print("no")'), file('other.py', '')],
    })
    expect(await under.store.services.convenienceMethods()).toEqual([
      file('hello.py', 'print("no")'),
      file('other.py', ''),
    ])
  })

  test('the core stands last among the services', async () => {
    expect((await under.store.services.status()).at(-1)).toEqual({
      name: 'core',
      version: '4.0.4',
      state: 'present',
    })
  })
})

test.each<[range: string, outcome: 'taken' | 'too new or too old' | 'unreadable']>([
  ['', 'taken'],
  ['>=2.2.1', 'taken'],
  ['==4.0.4', 'taken'],
  ['!=4.0.4', 'too new or too old'],
  ['>4.0.4', 'too new or too old'],
  ['>4.0.4-dev', 'taken'],
  ['<4.1.0-dev', 'taken'],
  ['>=4.0.5-dev3', 'too new or too old'],
  ['<=4.0.4-dev', 'too new or too old'],
  ['>=4.0.4+build.7', 'taken'],
  ['>=3.0.0~<5.0.0', 'taken'],
  ['>=3.0.0~<4.0.0', 'too new or too old'],
  ['>=5.0.0~<6.0.0', 'too new or too old'],
  ['4.0.4', 'unreadable'],
  ['3.0.0~5.0.0', 'unreadable'],
  ['>=4.0', 'unreadable'],
  ['>=v4.0.4', 'unreadable'],
  ['>= 4.0.4', 'unreadable'],
  ['=4.0.4', 'unreadable'],
  ['>=3.0.0~<5.0.0~!=4.0.0', 'unreadable'],
  ['~>=3.0.0', 'unreadable'],
])('a service that asks for core %s is %s', async (coreVersion, outcome) => {
  const loading = load({ coreVersion })
  if (outcome === 'taken') {
    expect(await loading).toBe('SUCCESS')
    return
  }
  const sentence =
    outcome === 'unreadable'
      ? `core_version of service greeting 1.0.0: expected an operator and a whole version such as >=3.0.0, or two of them as >=3.0.0~<5.0.0, got ${coreVersion}`
      : `Service greeting 1.0.0 needs core version ${coreVersion}, but this core is version 4.0.4`
  await expect(loading).rejects.toMatchObject({ code: 'VALIDATION', message: sentence })
})

describe('mistakes that XOS lets pass', () => {
  const sloppy = helloWorldModels.replace('max_length = 254', 'max_length = 254, colour = "red"')

  test('pass in models that come over LoadModels, in later loads of others as well', async () => {
    await load({ xprotos: [file('greeting.xproto', sloppy)] })
    await under.load('', [], 'rival')
    await records.create('HelloWorldService', hello)
  })

  test('do not pass in models of a dispatcher, even where they passed before', async () => {
    await expect(under.load(sloppy, [], 'greeting')).rejects.toThrow('XP_UNKNOWN_OPTION')
    await load({ xprotos: [file('greeting.xproto', sloppy)], decls: [], version: '1' })
    await expect(under.load(sloppy, [], 'greeting')).rejects.toThrow('XP_UNKNOWN_OPTION')
  })

  const app = 'option name = "rival"; option app_label = "rival";\n'
  const models = (text: string): Partial<LoadRequest> => ({
    name: 'rival',
    xprotos: [file('rival.xproto', text)],
  })

  test.each([
    [
      'a model of another service',
      `${app}message HelloWorldService (XOSBase) { }`,
      'XP_DUPLICATE_MODEL',
    ],
    ['a core model', `${app}message Site (XOSBase) { }`, 'XP_DUPLICATE_MODEL'],
    [
      'a field of a model of another service',
      `${app}message Rival (HelloWorldService) { optional int32 hello_from = 1; }`,
      'XP_DUPLICATE_FIELD',
    ],
    ['a base that is not there', `${app}message Rival (Nothing) { }`, 'XP_UNKNOWN_BASE'],
    [
      'a link to nothing',
      `${app}message Rival (XOSBase) { optional manytoone it->Nothing:rivals = 1:1001; }`,
      'XP_UNKNOWN_TARGET',
    ],
    ['no app', 'message Rival (XOSBase) { }', 'XP_APP_BORROWED'],
  ])('do not pass between services: %s', async (_, text, code) => {
    await load()
    await expect(load(models(text))).rejects.toThrow(code)
    expect(under.store.schema().model('Rival')).toBeUndefined()
  })

  test('pass within a service: a model that is defined twice', async () => {
    const twice = `${app}message Rival (XOSBase) { }\nmessage Rival (XOSBase) { optional int32 size = 1; }`
    await load(models(twice))
    expect(await records.create('Rival', { size: 3 })).toMatchObject({ size: 3 })
  })
})

describe('unloading', () => {
  test('models without records are gone, and the service remembers it', async () => {
    await load()
    const found = await changesIn(async () => expect(await unload()).toBe('SUCCESS'))
    expect(found).toBe(1)
    expect(under.store.schema().model('HelloWorldService')).toBeUndefined()
    expect(await under.store.services.status()).toContainEqual({
      name: 'greeting',
      version: '1.0.0',
      state: 'unload',
    })
    expect(await under.store.services.convenienceMethods()).toEqual([])
    expect(await unload()).toBe('SUCCESS_NOTHING_CHANGED')
    expect(await load()).toBe('SUCCESS')
  })

  test('a service that was never loaded is unloaded with success, and nothing changes', async () => {
    const found = await changesIn(async () => {
      expect(await unload({ name: 'never' })).toBe('SUCCESS')
      expect(await unload({ name: 'never' })).toBe('SUCCESS_NOTHING_CHANGED')
    })
    expect(found).toBe(0)
  })

  test('REQUIRE_CLEAN is refused while there are records, live or being deleted', async () => {
    await load()
    await under.load(helloWorldModels, helloWorldSteps, 'greeting')
    await records.create('HelloWorldService', hello)
    expect(await unload()).toBe('ERROR_LIVE_MODELS')
    await under.lease(['HelloWorldService'])
    await records.remove('HelloWorldService', 1)
    expect(await unload()).toBe('ERROR_DELETION_IN_PROGRESS')
    expect(under.store.schema().model('HelloWorldService')).toBeDefined()
  })

  test('AUTOMATICALLY_CLEAN deletes the records, and says to try again until their steps have run', async () => {
    await under.load(helloWorldModels, helloWorldSteps, 'greeting')
    await records.create('HelloWorldService', hello)
    await under.lease(['HelloWorldService'])
    expect(await unload({ cleanup: 'AUTOMATICALLY_CLEAN' })).toBe('TRYAGAIN')
    expect(await records.list('HelloWorldService')).toEqual([])
    expect(await unload({ cleanup: 'AUTOMATICALLY_CLEAN' })).toBe('TRYAGAIN')

    await under.work.leave('tester')
    const [deletion] = await under.lease(['HelloWorldService'])
    await under.work.report('tester', [reportOn(deletion!, { kind: 'synced' })])
    expect(await unload({ cleanup: 'AUTOMATICALLY_CLEAN' })).toBe('SUCCESS')
  })

  test('AUTOMATICALLY_CLEAN is done at once with records that no step has seen, however many', async () => {
    await load()
    await records.create('HelloWorldService', hello)
    for (let n = 0; n < 250; n += 1) {
      await records.create('HelloWorldServiceInstance', {
        name: `${n}`,
        hello_to: 'you',
        owner_id: 1,
      })
    }
    expect(await unload({ cleanup: 'AUTOMATICALLY_CLEAN' })).toBe('SUCCESS')
  })

  test('AUTOMATICALLY_CLEAN is refused when all that is left is protected', async () => {
    await load()
    await records.create('HelloWorldService', { ...hello, write_protect: true })
    expect(await unload({ cleanup: 'AUTOMATICALLY_CLEAN' })).toBe('ERROR_LIVE_MODELS')
  })

  test('PURGE removes the records, those that are being deleted and those that link to them', async () => {
    await under.load(helloWorldModels, helloWorldSteps, 'greeting')
    await records.create('HelloWorldService', hello)
    await records.create('HelloWorldServiceInstance', { name: 'one', hello_to: 'you' })
    await records.create('ServiceDependency', {
      subscriber_service_id: 1,
      provider_service_id: 1,
    })
    await under.lease(['HelloWorldService'])
    await records.remove('HelloWorldServiceInstance', 1)
    expect(await unload({ cleanup: 'PURGE' })).toBe('SUCCESS')
    for (const model of ['Service', 'ServiceInstance', 'ServiceDependency']) {
      expect(await records.list(model)).toEqual([])
    }
    expect(
      await under.database.query(
        `select root, id from record where root <> 'User' and root <> 'Site'`,
      ),
    ).toEqual([])
  })

  test('what is deleted for it is in the audit as asked for by the caller', async () => {
    await load()
    await records.create('HelloWorldService', hello)
    await unload({ cleanup: 'AUTOMATICALLY_CLEAN' })
    const question = { model: 'HelloWorldService', limit: 10 }
    const entries = await under.store.audit(administrator, question)
    expect(entries[0]).toMatchObject({ operation: 'purged', email: administrator.email })
  })

  test('a service on which another one builds stays until that is gone', async () => {
    await load()
    const rival = `option name = "rival"; option app_label = "rival";
      message Rival (HelloWorldService) { }`
    await load({ name: 'rival', xprotos: [file('rival.xproto', rival)] })
    await records.create('HelloWorldService', hello)
    for (const cleanup of ['REQUIRE_CLEAN', 'AUTOMATICALLY_CLEAN', 'PURGE'] as const) {
      await expect(unload({ cleanup })).rejects.toMatchObject({
        code: 'VALIDATION',
        message: expect.stringContaining(
          'greeting cannot be unloaded: rival would not compile without its models. Unload what builds on it first.',
        ) as string,
      })
    }
    expect(await records.list('HelloWorldService')).toHaveLength(1)
    await unload({ name: 'rival' })
    expect(await unload({ cleanup: 'PURGE' })).toBe('SUCCESS')
  })

  test('a service whose models a step of another one observes stays until that is gone', async () => {
    await load()
    await under.load('', helloWorldSteps, 'rival')
    await expect(unload()).rejects.toThrow(
      'Step instance of rival needs the models as they were: observes HelloWorldServiceInstance, which is not a model any more. Change or stop rival first.',
    )
  })
})

describe('deleted records of a model with policies', () => {
  const deletedOnes = async (kind: QueryKind): Promise<readonly unknown[]> => {
    const found: unknown[] = []
    const query = { kind, elements: [] }
    for await (const batch of under.store.as(administrator).query('HelloWorldService', query)) {
      found.push(...batch.map(({ id }) => id))
    }
    return found
  }

  const policed = () =>
    records.update(
      'HelloWorldService',
      1,
      { policed: under.clock.now() / 1000 },
      { updateFields: ['policed'], callerKind: 'synchronizer' },
    )

  test('stay, for synchronizers of XOS that look for them, until their policies have run', async () => {
    await load({ xprotos: [withPolicies] })
    await records.create('HelloWorldService', hello)
    await policed()
    await records.remove('HelloWorldService', 1)
    expect(await deletedOnes('SYNCHRONIZER_DELETED_POLICIES')).toEqual([1])
    expect(await deletedOnes('DEFAULT')).toEqual([])
    expect(await under.core.operations.why(administrator, 'HelloWorldService', 1)).toMatchObject({
      reason: 'delete-waits-for-policy',
      sentence: expect.stringContaining(
        'so that the policies of its synchronizer see it',
      ) as string,
    })

    await policed()
    expect(await deletedOnes('SYNCHRONIZER_DELETED_OBJECTS')).toEqual([])
  })

  test('stay after their delete step as well, and go after 15 s though no policy came', async () => {
    await load({ xprotos: [withPolicies] })
    await under.load('', helloWorldSteps, 'rival')
    await records.create('HelloWorldService', hello)
    const [sync] = await under.lease(['HelloWorldService'])
    await under.work.report('tester', [reportOn(sync!, { kind: 'synced' })])
    await records.remove('HelloWorldService', 1)
    const [work] = await under.lease(['HelloWorldService'])
    await under.work.report('tester', [reportOn(work!, { kind: 'synced' })])

    await under.clock.advance(14_999)
    await under.store.endHolds()
    expect(await deletedOnes('SYNCHRONIZER_DELETED_POLICIES')).toEqual([1])
    await under.clock.advance(1)
    await under.store.endHolds()
    expect(await deletedOnes('SYNCHRONIZER_DELETED_POLICIES')).toEqual([])
  })

  test('go at once where the models came with a dispatcher, which polls for nothing', async () => {
    await under.load(withPolicies.contents, [], 'greeting')
    await records.create('HelloWorldService', hello)
    await records.remove('HelloWorldService', 1)
    expect(await deletedOnes('SYNCHRONIZER_DELETED_OBJECTS')).toEqual([])
  })
})
