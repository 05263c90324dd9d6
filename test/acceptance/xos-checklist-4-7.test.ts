// Lines 4 to 7 of the checklist in reference core-api.md 12.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  asSynchronizer,
  named,
  openCoreOnSockets,
  type CoreOnSockets,
  type Fields,
} from './faces.ts'
import { asAdmin } from '../core/grpc/xos-core.ts'

let core: CoreOnSockets
beforeAll(async () => {
  core = await openCoreOnSockets()
})
afterAll(() => core.close())

const create = (model: string, fields: Fields): Promise<Fields> =>
  core.ask(`xos.xos/Create${model}`, fields)
const get = (model: string, id: number): Promise<Fields> => core.ask(`xos.xos/Get${model}`, { id })
const update = (model: string, id: number, fields: Fields, metadata: Fields = {}) =>
  core.ask(`xos.xos/Update${model}`, { id, ...fields }, metadata)
const remove = (model: string, id: number) => core.ask(`xos.xos/Delete${model}`, { id })
const idOf = ({ id }: Fields): number => Number(id)

const newLabel = async (): Promise<number> => idOf(await create('NodeLabel', { name: named('l') }))

const siteOf = (name: string): Fields => ({ name, login_base: name, abbreviated_name: name })

const jsonOf = ({ details }: { readonly details: string }): Fields => JSON.parse(details) as Fields

/** Which of the kinds of query find the record. */
const foundBy = async (model: string, id: number): Promise<readonly string[]> => {
  const found: string[] = []
  for (const kind of [
    'DEFAULT',
    'ALL',
    'SYNCHRONIZER_DIRTY_OBJECTS',
    'SYNCHRONIZER_DELETED_OBJECTS',
    'SYNCHRONIZER_DIRTY_POLICIES',
    'SYNCHRONIZER_DELETED_POLICIES',
  ]) {
    if ((await core.ids(`Filter${model}`, { kind })).includes(id)) found.push(kind)
  }
  return found.map((kind) => kind.replace('SYNCHRONIZER_', ''))
}

const dirtyBy = async (id: number) =>
  (await foundBy('NodeLabel', id)).filter((kind) => kind.startsWith('DIRTY'))

/** As a synchronizer ends a sync and the policies of a record: what the record says of itself, echoed. */
const settle = async (id: number): Promise<void> => {
  const { updated, changed_by_policy: policy, changed_by_step: step } = await get('NodeLabel', id)
  const enacted = Math.max(Number(updated), Number(policy ?? 0))
  const policed = Math.max(Number(updated), Number(step ?? 0))
  const status = { enacted, backend_status: 'OK', backend_code: 1 }
  const syncFields = 'enacted,backend_status,backend_code'
  await update('NodeLabel', id, status, { ...asSynchronizer, update_fields: syncFields })
  const done = { policed, policy_status: 'done', policy_code: 1 }
  const policyFields = 'policed,policy_status,policy_code'
  await update('NodeLabel', id, done, { ...asSynchronizer, update_fields: policyFields })
}

describe('4. a record is dirty', () => {
  const both = ['DIRTY_OBJECTS', 'DIRTY_POLICIES']

  test('for steps and policies after it was created, until each of them has seen it', async () => {
    const id = await newLabel()
    expect(await dirtyBy(id)).toEqual(both)
    const { updated } = await get('NodeLabel', id)
    const enacting = { ...asSynchronizer, update_fields: 'enacted' }
    await update('NodeLabel', id, { enacted: updated }, enacting)
    expect(await dirtyBy(id)).toEqual(['DIRTY_POLICIES'])
    await settle(id)
    expect(await dirtyBy(id)).toEqual([])
  })

  const only = (list: string): Fields => ({ update_fields: list })
  const syncSave = { ...asSynchronizer, is_sync_save: '1' }
  const policySave = { ...asSynchronizer, is_policy_save: '1' }
  const renamed = () => ({ name: named('renamed') })

  test.each<[string, () => Fields, Fields, readonly string[]]>([
    ['an edit of a client', renamed, {}, both],
    ['an edit of a client that changes nothing', () => ({}), {}, both],
    ['a status of a step', () => ({ backend_status: 'x', backend_code: 2 }), syncSave, []],
    ['a change by a step', renamed, syncSave, ['DIRTY_POLICIES']],
    ['a status of a policy', () => ({ policy_status: 'x' }), policySave, []],
    ['a change by a policy', renamed, policySave, ['DIRTY_OBJECTS']],
    ['a change by a synchronizer that names neither', renamed, asSynchronizer, []],
    ['a partial update without updated', renamed, only('name'), []],
    ['a partial update with updated', renamed, only('name,updated'), both],
    ['an update of no field', renamed, only(''), []],
    [
      'a status of a step that failed',
      () => ({ backend_status: 'x' }),
      { ...syncSave, always_update_timestamp: '1' },
      both,
    ],
    [
      'a status of a step that failed, by name',
      () => ({ backend_status: 'x' }),
      { ...syncSave, always_update_timestamp: '1', update_fields: 'backend_status' },
      [],
    ],
    [
      'an older version that was enacted',
      () => ({ enacted: 1 }),
      { ...asSynchronizer, update_fields: 'enacted' },
      ['DIRTY_OBJECTS'],
    ],
    ['an edit of what is not to be synced', () => ({ no_sync: true }), {}, ['DIRTY_POLICIES']],
    ['an edit of what is lazy', () => ({ lazy_blocked: true }), {}, ['DIRTY_POLICIES']],
    ['an edit of what has no policies', () => ({ no_policy: true }), {}, ['DIRTY_OBJECTS']],
  ])('or not after %s', async (_, fields, metadata, expected) => {
    const id = await newLabel()
    await settle(id)
    await core.clock.advance(1000)
    await update('NodeLabel', id, fields(), metadata)
    expect(await dirtyBy(id)).toEqual(expected)
  })

  test('at once when its time is one microsecond behind', async () => {
    const id = await newLabel()
    await settle(id)
    const { enacted } = await get('NodeLabel', id)
    const metadata = { ...asSynchronizer, update_fields: 'enacted' }
    await update('NodeLabel', id, { enacted: Number(enacted) - 1e-6 }, metadata)
    expect(await dirtyBy(id)).toEqual(['DIRTY_OBJECTS'])
    await settle(id)
    expect(await dirtyBy(id)).toEqual([])
  })

  test('and ListDirtyModels and SetDirtyModels agree', async () => {
    const id = await newLabel()
    const listed = async () => {
      const { items } = await core.ask('xos.utility/ListDirtyModels', { class_name: 'NodeL*' })
      return ((items ?? []) as Fields[]).some((item) => item['id'] === id)
    }
    expect(await listed()).toBe(true)
    await settle(id)
    expect(await listed()).toBe(false)
    await core.clock.advance(1000)
    await core.ask('xos.utility/SetDirtyModels', { class_name: 'NodeLabel' })
    expect(await listed()).toBe(true)
  })
})

describe('5. feedback', () => {
  const feedback: [string, unknown][] = [
    ['backend_register', '{"failures": 1}'],
    ['backend_status', 'mine'],
    ['backend_code', 1],
    ['policy_status', 'mine'],
    ['policy_code', 1],
    ['backend_handle', 'mine'],
  ]

  test.each(feedback)('%s is not changed by other clients', async (field, value) => {
    const id = await newLabel()
    const before = await get('NodeLabel', id)
    const asOther = { caller_kind: 'grpcapi' }
    const change = { id, [field]: value }
    const refusal = await core.refused('xos.xos/UpdateNodeLabel', change, asOther)
    expect(refusal.code).toBe(7)
    expect(jsonOf(refusal)['error']).toBe('XOSPermissionDenied')
    expect(refusal.details).toContain(field)
    expect(await get('NodeLabel', id)).toEqual(before)

    const overRest = await core.rest('PUT', `core/nodelabels/${id}`, { [field]: value })
    expect([overRest.status, overRest.json()['error']]).toEqual([403, 'XOSPermissionDenied'])
  })

  test.each(feedback)('%s may come back as it is', async (field, value) => {
    const { id } = await create('NodeLabel', { name: named('l'), [field]: value })
    expect(await update('NodeLabel', Number(id), { [field]: value })).toMatchObject({
      [field]: value,
    })
  })

  test.each(feedback)('%s is accepted on create, and from synchronizers', async (field, value) => {
    const created = await create('NodeLabel', { name: named('l'), [field]: value })
    expect(created[field]).toBe(value)
    const id = await newLabel()
    expect(await update('NodeLabel', id, { [field]: value }, asSynchronizer)).toMatchObject({
      [field]: value,
    })
  })

  test('a synchronizer is known by its header over REST as well', async () => {
    const id = await newLabel()
    const headers = { ...asAdmin, ...asSynchronizer }
    const answer = await core.rest('PUT', `core/nodelabels/${id}`, { backend_code: 1 }, headers)
    expect([answer.status, answer.json()['backend_code']]).toEqual([200, 1])
  })

  test('a user has none that is protected', async () => {
    const fields = { firstname: 'A', lastname: 'User', site_id: 1, email: named('a@') + '.org' }
    const id = idOf(await create('User', { ...fields, password: 'quite a secret' }))
    expect(await update('User', id, { backend_status: 'mine' })).toMatchObject({
      backend_status: 'mine',
    })
  })
})

describe('6. a record that is deleted', () => {
  /** A slice with a network in it, both known to a synchronizer unless it says otherwise. */
  const sliceWithNetwork = async (mustBeUndone: { slice: boolean; network: boolean }) => {
    const siteName = named('site')
    const site = idOf(await create('Site', siteOf(siteName)))
    const slice = idOf(await create('Slice', { name: named('slice'), site_id: site }))
    const template = idOf(await create('NetworkTemplate', { name: named('template') }))
    const network = idOf(
      await create('Network', { name: named('net'), template_id: template, owner_id: slice }),
    )
    for (const [model, id, isSynced] of [
      ['Slice', slice, mustBeUndone.slice],
      ['Network', network, mustBeUndone.network],
    ] as const) {
      await update(model, id, { backend_need_delete: isSynced }, asSynchronizer)
    }
    return { site, slice, network, template }
  }

  test('is read with Get and found among the deleted, and nowhere else', async () => {
    const { site, slice, network } = await sliceWithNetwork({ slice: true, network: true })
    const before = await get('Slice', slice)
    expect(await get('Site', site)).toMatchObject({ slices_ids: [slice] })
    await core.clock.advance(1000)
    expect(await remove('Slice', slice)).toEqual({})

    const after = await get('Slice', slice)
    expect(after).toMatchObject({ deleted: true, updated: before['updated'] })
    expect(after).not.toHaveProperty('enacted')
    expect(after).not.toHaveProperty('policed')
    for (const [model, id] of [
      ['Slice', slice],
      // It went along.
      ['Network', network],
    ] as const) {
      expect(await foundBy(model, id)).toEqual(['DELETED_OBJECTS', 'DELETED_POLICIES'])
      expect(await core.ids(`List${model}`)).not.toContain(id)
      const list = await core.rest('GET', `core/${model.toLowerCase()}s`)
      expect((list.json()['items'] as Fields[]).map(idOf)).not.toContain(id)
      expect(await get(model, id)).toMatchObject({ deleted: true })
    }
    expect((await get('Site', site))['slices_ids'] ?? []).toEqual([])
    expect(await core.refused('xos.xos/DeleteSlice', { id: slice })).toMatchObject({ code: 2 })
  })

  test('is gone once the delete step is done, and not before what links to it is', async () => {
    const { slice, network } = await sliceWithNetwork({ slice: true, network: true })
    await remove('Slice', slice)
    const undone = { ...asSynchronizer, update_fields: 'backend_need_reap' }
    await core.clock.advance(60_000)
    expect(await get('Slice', slice)).toMatchObject({ deleted: true })

    await update('Slice', slice, { backend_need_reap: true }, undone)
    await core.clock.advance(60_000)
    expect(await get('Slice', slice)).toMatchObject({ deleted: true, backend_need_reap: true })
    await update('Network', network, { backend_need_reap: true }, undone)
    for (const [model, id] of [
      ['Slice', slice],
      ['Network', network],
    ] as const) {
      expect(await core.refused(`xos.xos/Get${model}`, { id })).toMatchObject({ code: 5 })
      expect(await foundBy(model, id)).toEqual([])
    }
  })

  test('is gone at once when no step saw it, without a wait for the reaper of XOS', async () => {
    const { slice, network } = await sliceWithNetwork({ slice: true, network: false })
    await remove('Slice', slice)
    expect(await core.refused('xos.xos/GetNetwork', { id: network })).toMatchObject({ code: 5 })
    expect(await get('Slice', slice)).toMatchObject({ deleted: true })
  })

  test('is still written by its synchronizer, and its links stay readable', async () => {
    const { slice, network, template } = await sliceWithNetwork({ slice: false, network: true })
    await remove('Slice', slice)
    await update('Network', network, { backend_status: 'going' }, asSynchronizer)
    expect(await get('Network', network)).toMatchObject({
      ...{ backend_status: 'going', deleted: true },
      ...{ owner_id: slice, template_id: template },
    })
  })

  test('is not deleted at all when it is write protected, and the answer is still OK', async () => {
    const id = await newLabel()
    await update('NodeLabel', id, { write_protect: true })
    expect(await remove('NodeLabel', id)).toEqual({})
    expect(await core.ids('ListNodeLabel')).toContain(id)
  })
})

describe('7. the name of a record that has to be unique', () => {
  const refused = (name: string) => core.refused('xos.xos/CreateNodeLabel', { name })

  test('is refused to others while the record lives, as a broken rule of the field', async () => {
    const name = named('unique')
    await create('NodeLabel', { name })
    expect(await refused(name)).toMatchObject({
      code: 2,
      details: expect.stringMatching(/^Exception calling application: \{'name': \['/) as string,
    })
  })

  test('is free as soon as the record is being deleted, where XOS refuses it until the reaper came', async () => {
    const name = named('unique')
    const old = idOf(await create('NodeLabel', { name, backend_need_delete: true }))
    await remove('NodeLabel', old)
    expect(await get('NodeLabel', old)).toMatchObject({ name, deleted: true })
    const young = idOf(await create('NodeLabel', { name }))
    expect(young).not.toBe(old)
    await update('NodeLabel', old, { backend_status: 'going' }, asSynchronizer)
    expect(await refused(name)).toMatchObject({ code: 2 })

    await update('NodeLabel', old, { backend_need_reap: true }, asSynchronizer)
    expect(await core.refused('xos.xos/GetNodeLabel', { id: old })).toMatchObject({ code: 5 })
    expect(await get('NodeLabel', young)).toMatchObject({ name, deleted: false })
  })

  test('is free after the record was reaped, which is at once when no step saw it', async () => {
    const name = named('unique')
    const id = idOf(await create('NodeLabel', { name }))
    await remove('NodeLabel', id)
    expect(await core.refused('xos.xos/GetNodeLabel', { id })).toMatchObject({ code: 5 })
    expect(await create('NodeLabel', { name })).toMatchObject({ name })
  })
})
