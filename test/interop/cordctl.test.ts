import { createHash, randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'
import { cordctlAt, type Cordctl } from './support/cordctl.ts'
import { openInteropCore, type InteropCore } from './support/cores.ts'

const installed = inject('cordctl')
const program = 'program' in installed ? installed.program : ''

type Row = Readonly<Record<string, unknown>>

/** The lines of a table, by their words. */
const table = (text: string): readonly (readonly string[])[] =>
  text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s{2,}/))

describe.skipIf(program === '')('cordctl', () => {
  let core: InteropCore
  let cordctl: Cordctl

  beforeAll(async () => {
    core = await openInteropCore()
    cordctl = cordctlAt(program, core.insecure)
  })

  afterAll(() => core.close())

  const create = async (name: string): Promise<number> => {
    const [row] = (await cordctl.json(
      ...['model', 'create', 'Service', '--set-json', JSON.stringify({ name })],
    )) as readonly Row[]
    return Number(row?.['id'])
  }

  const names = async (...words: readonly string[]): Promise<readonly unknown[]> =>
    ((await cordctl.json('model', 'list', 'Service', ...words)) as readonly Row[]).map(
      ({ name }) => name,
    )

  test('accepts the version of the core, and shows it', async () => {
    expect(await cordctl.json('version')).toMatchObject({
      server: { version: expect.stringMatching(/^4\./) as string, os: process.platform },
    })
  })

  test('finds the models by reflection', async () => {
    const types = (await cordctl('modeltype', 'list')).trim().split('\n')
    expect(types).toEqual(expect.arrayContaining(['BackupFile', 'Service', 'Slice', 'User']))
    expect(await cordctl.tried(['model', 'list', 'Nothing'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('Model Nothing does not exist') as string,
    })
  })

  test('shows the columns that nobody hides, and the others when asked', async () => {
    const [plain = []] = table(await cordctl('model', 'list', 'Site'))
    expect(plain).toEqual(expect.arrayContaining(['ID', 'NAME', 'LOGIN_BASE']))
    expect(plain).not.toEqual(expect.arrayContaining(['BACKEND_STATUS']))
    expect(plain).not.toEqual(expect.arrayContaining(['UPDATED']))
    const [shown = []] = table(
      await cordctl('model', 'list', 'Site', '--showfeedback', '--showbookkeeping', '--showhidden'),
    )
    expect(shown).toEqual(
      expect.arrayContaining(['BACKEND_STATUS', 'UPDATED', 'ENACTED', 'XOS_MANAGED']),
    )
  })

  test('creates, filters with each of its operators, and updates by filter', async () => {
    const first = await create('filter-one')
    const second = await create('filter-two')
    await cordctl('model', 'update', 'Service', String(first), '--set-field', 'kind=data')
    expect(await names('-f', 'kind=data')).toEqual(['filter-one'])
    expect(await names('-f', 'name[=filter,kind!=data')).toEqual(['filter-two'])
    expect(await names('-f', `id>=${second},name[=filter`)).toEqual(['filter-two'])
    expect(await names('-f', `id<${second},name[=filter`)).toEqual(['filter-one'])
    expect(await names('-f', `id>${first},name[=filter`)).toEqual(['filter-two'])
    expect(await names('-f', `id<=${first},name[=filter`)).toEqual(['filter-one'])
    expect(await names('-f', 'name~=^filter-[ot].*e$')).toEqual(['filter-one'])
    expect(await names('-f', 'published=true,name=filter-one')).toEqual(['filter-one'])
    await cordctl(
      ...['model', 'update', 'Service', '-f', 'name[=filter'],
      ...['--set-json', '{"versionNumber": "7"}'],
    )
    expect(await names('-f', 'versionNumber=7')).toEqual(['filter-one', 'filter-two'])
  })

  test('lists what is dirty, deleted and due for policies', async () => {
    const id = String(await create('stateful'))
    expect(await names('-s', 'dirty', '-f', `id=${id}`)).toContain('stateful')
    expect(await names('-s', 'dirtypol')).toContain('stateful')
    expect(await names('-s', 'all')).toContain('stateful')
    // As after a sync step: the record stays until somebody says that its back end is clean.
    await core.rest('PUT', `core/services/${id}`, { backend_need_delete: true })
    await cordctl('model', 'delete', 'Service', id)
    expect(await names()).not.toContain('stateful')
    expect(await names('-s', 'deleted')).toContain('stateful')
    expect(await names('-s', 'deletedpo')).toContain('stateful')
  })

  test('waits until a record is synced', async () => {
    const id = await create('synced')
    const waiting = cordctl('model', 'sync', 'Service', String(id), '--synctimeout', '30s')
    const { body } = await core.rest('GET', `core/services/${id}`)
    const asSynchronizer = { caller_kind: 'synchronizer', update_fields: 'enacted' }
    await core.rest(
      ...(['PUT', `core/services/${id}`, { enacted: body['updated'] }, asSynchronizer] as const),
    )
    expect(table((await waiting).split('\n').slice(1).join('\n'))).toEqual([
      ['ID', 'MESSAGE'],
      [String(id), 'Enacted'],
    ])
  })

  test('makes a record dirty by touching it', async () => {
    const id = String(await create('touched'))
    const updated = async () => (await core.rest('GET', `core/services/${id}`)).body['updated']
    const before = await updated()
    await cordctl('model', 'setdirty', 'Service', id)
    expect(Number(await updated())).toBeGreaterThan(Number(before))
  })

  test('is told what is wrong in its own words', async () => {
    expect(await cordctl.tried(['model', 'list', 'Site'], 'guessed')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/permission denied/i) as string,
    })
    const missing = (await cordctl.json('model', 'delete', 'Service', '99999')) as readonly Row[]
    expect(missing[0]?.['message']).toMatch(/does not exist|not found/i)
    const blank = (await cordctl.json(
      ...['model', 'create', 'Service', '--set-json', '{"name": ""}'],
    )) as readonly Row[]
    expect(blank[0]?.['message']).toMatch(/Internal Error.*name/s)
  })

  test('lists services and the state of the database', async () => {
    expect(await cordctl.json('service', 'list')).toContainEqual(
      expect.objectContaining({ name: 'core', state: 'present' }),
    )
    expect(await cordctl.json('status', 'list')).toEqual([
      expect.objectContaining({ Component: 'Database', Status: 'OPERATIONAL' }),
    ])
  })

  test('uploads a file of any bytes and downloads the same', async () => {
    const folder = await temporaryFolder()
    const sent = path.join(folder, 'sent')
    const received = path.join(folder, 'received')
    const bytes = Buffer.concat([Buffer.from('é'.repeat(100_000)), randomBytes(100_001)])
    await writeFile(sent, bytes)
    const uri = 'file:///var/run/xos/backup/local/some-file'
    const expected = {
      status: 'SUCCESS',
      checksum: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
      bytes: bytes.length,
    }
    const upload = ['transfer', 'upload', sent, uri, '--chunksize', '4095']
    expect(await cordctl.json(...upload)).toEqual([
      expect.objectContaining({ ...expected, chunks: Math.ceil(bytes.length / 4095) }),
    ])
    expect(await cordctl.json('transfer', 'download', uri, received)).toEqual([
      expect.objectContaining(expected),
    ])
    expect((await readFile(received)).equals(bytes)).toBe(true)
  })

  test('is not handed files from elsewhere', async () => {
    const folder = await temporaryFolder()
    for (const uri of [
      'file:///etc/passwd',
      'file:///var/run/xos/backup/local/../../../../../etc/passwd',
    ]) {
      const { status, stdout } = await cordctl.tried([
        'transfer',
        'download',
        uri,
        path.join(folder, 'stolen'),
      ])
      expect([uri, status, stdout]).toEqual([uri, 1, ''])
    }
  })

  test('makes a backup, and restores it over what was written since', async () => {
    const folder = await temporaryFolder()
    const file = path.join(folder, 'backup')
    await create('before the backup')
    const [made] = table(await cordctl('backup', 'create', file)).slice(-1)
    expect(made?.[0]).toBe('SUCCESS')
    await create('after the backup')
    const [restored] = table(await cordctl('backup', 'restore', file)).slice(-1)
    expect(restored?.[0]).toBe('SUCCESS')
    await until('the core to answer', async () => (await names()).length > 0)
    expect(await names()).toContain('before the backup')
    expect(await names()).not.toContain('after the backup')
    expect(Number.isInteger(await create('written after the restore'))).toBe(true)
  })

  test('restores no file that is no backup, and the core stays as it was', async () => {
    const folder = await temporaryFolder({ broken: 'this is no backup' })
    await create('kept')
    const said = await cordctl('backup', 'restore', path.join(folder, 'broken'))
    expect(table(said).at(-1)?.[0]).toBe('FAILURE')
    expect(await names()).toContain('kept')
  })
})
