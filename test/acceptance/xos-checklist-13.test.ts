// Line 13 of the checklist in reference core-api.md 12.
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startBackupWorker } from '#core'
import { helloWorldModels, openTestStore } from '../support/store.ts'
import { until } from '../support/until.ts'
import { openCoreOnSockets, type CoreOnSockets, type Fields } from './faces.ts'
import { makeLastingDatabase, type LastingDatabase } from './lasting-database.ts'
import { download, upload } from './transfer.ts'

type RunningCore = CoreOnSockets & { stop(): Promise<void> }

let database: LastingDatabase
let core: RunningCore

/** A core that was not there before, over what others left in the database. */
const start = async (): Promise<RunningCore> => {
  const opened = await openCoreOnSockets(await openTestStore(await database.open()))
  const { clock, log, files, store } = opened
  const { backups } = opened.core
  const isAlone = opened.database.exclusive
  const worker = startBackupWorker({ store, backups, clock, log, files, isAlone })
  return {
    ...opened,
    async stop() {
      const closed = worker.close()
      await clock.advance(1000)
      await closed
      await opened.close()
    },
  }
}

const restart = async (): Promise<void> => {
  await core.stop()
  core = await start()
}

beforeAll(async () => {
  database = await makeLastingDatabase()
  core = await start()
})
afterAll(async () => {
  await core.stop()
  await database.remove()
})

/** As cordctl waits: until `enacted`, and through a core that cannot be reached for a moment. */
const polled = (read: () => Promise<Fields | undefined>): Promise<Fields> =>
  until('the end of the operation', async () => {
    await core.clock.advance(500)
    const operation = await read()
    return operation?.['enacted'] === undefined ? undefined : operation
  })

const load = (): Promise<Fields> =>
  core.ask('xos.dynamicload/LoadModels', {
    name: 'hello-world',
    version: '1.0.0',
    xprotos: [{ filename: 'hello-world.xproto', contents: helloWorldModels }],
  })

const services = async (): Promise<readonly unknown[]> => {
  const { items } = await core.ask('xos.xos/ListHelloWorldService')
  return ((items ?? []) as readonly Fields[]).map(({ name }) => name)
}

const create = (model: string, fields: Fields) => core.ask(`xos.xos/Create${model}`, fields)
const makeService = (name: string) => create('HelloWorldService', { name, hello_from: 'me' })
const backup = async (): Promise<{ operation: Fields; bytes: Buffer; checksum: unknown }> => {
  const { id } = await create('BackupOperation', { operation: 'create' })
  const operation = await polled(() => core.ask('xos.xos/GetBackupOperation', { id }))
  const file = await core.ask('xos.xos/GetBackupFile', { id: operation['file_id'] })
  const bytes = await download(core.admin(), String(file['uri']))
  return { operation, bytes, checksum: file['checksum'] }
}

const sha256 = (bytes: Buffer): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`

const restore = async (bytes: Buffer, checksum: unknown): Promise<Fields> => {
  const uri = 'file:///var/run/xos/backup/local/cordctl-restore-1'
  const uploaded = await upload(core.admin(), uri, bytes)
  expect(uploaded).toMatchObject({ status: 'SUCCESS', checksum: sha256(bytes) })
  const file = await create('BackupFile', { name: 'restore', uri, checksum })
  const { uuid } = await create('BackupOperation', { operation: 'restore', file_id: file['id'] })
  const elements = [{ operator: 'EQUAL', name: 'uuid', sValue: uuid }]
  return polled(async () => {
    const { items } = await core.ask('xos.xos/FilterBackupOperation', { elements })
    return ((items ?? []) as Fields[])[0]
  })
}

describe('13. cordctl backs up and restores across restarts of the core', () => {
  test('what was there when the backup was made is there again, and nothing else', async () => {
    await load()
    await core.dialAgain()
    await makeService('before')
    const { operation, bytes, checksum } = await backup()
    expect(operation).toMatchObject({
      status: 'created',
      component: 'xos',
      uuid: expect.stringMatching(/^[\da-f-]{36}$/) as string,
      enacted: operation['updated'],
      backend_code: 1,
      backend_status: 'enacted',
    })
    expect(checksum).toBe(sha256(bytes))
    const { sessionid } = await core.ask('xos.utility/Login', {
      username: 'admin@opencord.org',
      password: 'letmein',
    })

    await restart()
    // Everything outlives a restart: records, models and who has logged in.
    expect(await services()).toEqual(['before'])
    expect(await load()).toEqual({ status: 'SUCCESS_NOTHING_CHANGED' })
    const withSession = await core.dial({ 'x-xossession': sessionid })
    await expect(withSession.ask('xos.utility/AuthenticatedNoOp')).resolves.toBeDefined()
    const [first] = await core.ids('ListHelloWorldService')
    await makeService('after')
    await core.ask('xos.xos/DeleteHelloWorldService', { id: first })
    expect(await services()).toEqual(['after'])

    const restored = await restore(bytes, checksum)
    expect(restored).toMatchObject({ operation: 'restore', status: 'restored', backend_code: 1 })
    await core.dialAgain()
    expect(await services()).toEqual(['before'])
    // The backup holds the operation that made it, which was not over then.
    expect(await core.ask('xos.xos/GetBackupOperation', { id: operation['id'] })).toMatchObject({
      uuid: operation['uuid'],
      status: 'orphaned',
    })

    await restart()
    expect(await services()).toEqual(['before'])
    expect(await load()).toEqual({ status: 'SUCCESS_NOTHING_CHANGED' })
  })

  test('a backup that is not what it was is refused, and nothing is changed', async () => {
    const { bytes } = await backup()
    const before = await services()
    const failed = await restore(bytes, `sha256:${'0'.repeat(64)}`)
    expect(failed).toMatchObject({ status: 'failed', backend_code: 2 })
    expect(failed['error_msg']).toContain('checksum')
    expect(await services()).toEqual(before)
  })

  test.each([
    ['a file outside of the folder', { operation: 'create' }, 'file:///etc/passwd'],
    ['a restore without a file', { operation: 'restore' }, undefined],
    ['a verification, which XOS does not have either', { operation: 'verify' }, undefined],
  ])('%s fails', async (_, operation, uri) => {
    const file = uri === undefined ? undefined : await create('BackupFile', { name: 'f', uri })
    const { id } = await create('BackupOperation', {
      ...operation,
      ...(file === undefined ? {} : { file_id: file['id'] }),
    })
    const ended = await polled(() => core.ask('xos.xos/GetBackupOperation', { id }))
    expect(ended).toMatchObject({ status: 'failed', backend_code: 2 })
    expect(ended['error_msg']).toMatch(/\w/)
  })
})
