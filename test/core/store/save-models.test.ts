import { afterEach, beforeAll, expect, test } from 'vitest'
import type { Caller } from '#core'
import { verifyPassword } from '../../../core/access/password.ts'
import { refusalOf } from '../../support/refusal.ts'
import { administrator, openTestStore, type TestStore } from '../../support/store.ts'

const models = `
option name = "gardens";
option app_label = "gardens";

message GardenService (Service) {
}
message Garden (ServiceInstance) {
  option owner_class_name = "GardenService";
  optional manytoone creator->User:gardens = 1:1001;
}
`

let under: TestStore

beforeAll(async () => {
  under = await openTestStore()
  await under.load(models, [], 'gardens')
})

afterEach(async () => {
  await under.clear()
  await under.database.query(`delete from record where root = 'User' and id > 1`)
  await under.database.query(`update counter set last = 1 where root = 'User'`)
})

const as = (caller: Caller = administrator) => under.store.as(caller)
const create = async (model: string, fields: object = {}, caller = administrator) =>
  (await as(caller).create(model, { ...fields })).fields
const save = async (model: string, id: number, fields: object = {}, caller = administrator) =>
  (await as(caller).update(model, id, { ...fields })).fields

const arya = { email: 'arya@example.org', firstname: 'Arya', lastname: 'Stark', site_id: 1 }
const asArya: Caller = { userId: 2, email: arya.email, isAdmin: false }

const pool = { name: 'pool', gateway_ip: '10.0.0.1', gateway_mac: '00:00:00:00:00:01' }

test.each([
  ['10.0.0.77/29', '10.0.0.74 10.0.0.75 10.0.0.76 10.0.0.77 10.0.0.78', 5],
  ['10.0.0.0/30', '10.0.0.2', 1],
  ['10.0.0.0/31', '', 0],
  ['192.168.255.254/32', '', 0],
])('a pool of the network %s hands out "%s"', async (addresses, expected) => {
  expect(await create('AddressPool', { ...pool, addresses })).toMatchObject({
    addresses: expected,
    cidr: addresses,
  })
})

test('a pool of a /24 hands out the hosts 2 to 254 and keeps the network it was given', async () => {
  const made = await create('AddressPool', { ...pool, addresses: '10.0.0.0/24', cidr: 'mine' })
  const addresses = String(made['addresses']).split(' ')
  expect([addresses.length, addresses[0], addresses.at(-1)]).toEqual([
    253,
    '10.0.0.2',
    '10.0.0.254',
  ])
  expect(made['cidr']).toBe('mine')

  const plain = await save('AddressPool', 1, { addresses: '10.0.0.9 10.0.0.8' })
  expect(plain['addresses']).toBe('10.0.0.9 10.0.0.8')
})

test.each([
  '10.0.0.0/8',
  '10.0.0.0/33',
  '10.0.0/24',
  '10.0.0.0/',
  '10.0.0.0/24/24',
  'fd00::/64',
  '/',
])('a pool of %s is refused', async (addresses) => {
  const error = await refusalOf(create('AddressPool', { ...pool, addresses }))
  expect(error.code).toBe('INVALID_FIELD')
  expect(error.fields).toHaveProperty('addresses')
})

test('a backup operation has a uuid of its own, which stays', async () => {
  const made = await create('BackupOperation', { operation: 'create' })
  expect(made['uuid']).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  expect(await save('BackupOperation', 1)).toMatchObject({ uuid: made['uuid'] })
  expect(await create('BackupOperation', { operation: 'restore', uuid: 'given' })).toMatchObject({
    uuid: 'given',
  })
})

test('an instance whose owner is of another class gets one that is of its class', async () => {
  await create('Service', { name: 'of another class' })
  await create('GardenService', { name: 'first' })
  await create('GardenService', { name: 'second' })

  expect(await create('Garden', { owner_id: 3 })).toMatchObject({ owner_id: 3 })
  expect(await create('Garden', { owner_id: 1 })).toMatchObject({ owner_id: 2 })
  expect(await save('Garden', 1, { owner_id: 99 })).toMatchObject({ owner_id: 2 })
  expect(await refusalOf(create('Garden', { owner_id: 'x' }))).toMatchObject({
    code: 'INVALID_FIELD',
    message: 'Garden is not valid. owner_id: expected the id of a Service, got "x"',
  })
})

test('a new record that has a creator was made by the caller, if it says nobody else', async () => {
  await create('User', arya)
  await create('GardenService', { name: 'gardens' })
  const slice = { name: 'mine', site_id: 1 }

  expect(await create('Garden', {}, asArya)).toMatchObject({ creator_id: 2 })
  expect(await create('Garden', { creator_id: 1 }, asArya)).toMatchObject({ creator_id: 1 })
  expect(await create('Slice', slice)).toMatchObject({ creator_id: 1 })
})

test('only an administrator gives a slice to somebody else', async () => {
  await create('User', arya)
  await create('Slice', { name: 'hers', site_id: 1, creator_id: 2 })
  await create('Privilege', {
    accessor_type: 'User',
    accessor_id: 2,
    object_type: 'Slice',
    object_id: 1,
    permission: 'role:admin',
  })

  expect(await refusalOf(save('Slice', 1, { creator_id: 1 }, asArya))).toMatchObject({
    code: 'PERMISSION_DENIED',
    message: 'Only an administrator may change the creator of Slice 1',
  })
  expect(await save('Slice', 1, { creator_id: 2, enabled: false }, asArya)).toMatchObject({
    enabled: false,
  })
  expect(await save('Slice', 1, { creator_id: 1 })).toMatchObject({ creator_id: 1 })
})

test('the network "Private Only" of a slice is none, and other words are refused', async () => {
  const made = await create('Slice', { name: 's', site_id: 1, network: 'Private Only' })
  expect(made).not.toHaveProperty('network')
  expect(await save('Slice', 1, { network: 'bridged' })).toMatchObject({ network: 'bridged' })
  expect(await refusalOf(save('Slice', 1, { network: 'wireless' }))).toMatchObject({
    message: 'Slice is not valid. network: expected one of host, bridged, noauto, got "wireless"',
  })
})

test('a slice has a name without blanks, and a creator', async () => {
  const slice = { name: 'my slice', site_id: 1 }
  expect(await refusalOf(create('Slice', slice))).toMatchObject({
    code: 'VALIDATION',
    message: 'The name my slice of a slice must not contain blanks',
  })
  expect(await as().list('Slice')).toEqual([])

  await create('Slice', { name: 'mine', site_id: 1 })
  expect(await refusalOf(save('Slice', 1, { name: 'your slice', creator_id: 0 }))).toMatchObject({
    message: 'The name your slice of a slice must not contain blanks; A slice needs a creator',
  })
})

test('a slice joins a network that permits it, whatever becomes of the permission', async () => {
  await create('NetworkTemplate', { name: 'template' })
  await create('Slice', { name: 'owner', site_id: 1 })
  await create('Slice', { name: 'guest', site_id: 1 })
  await create('Slice', { name: 'other', site_id: 1 })
  await create('Network', { name: 'n', template_id: 1, owner_id: 1 })
  const refused = { code: 'VALIDATION', message: 'The network does not permit the slice' }

  await create('NetworkSlice', { network_id: 1, slice_id: 1 })
  const guest = { network_id: 1, slice_id: 2 }
  expect(await refusalOf(create('NetworkSlice', guest))).toMatchObject(refused)
  await save('Network', 1, { permitted_slices_ids: [2] })
  expect(await create('NetworkSlice', guest)).toMatchObject({ id: 2 })

  await save('Network', 1, { permitted_slices_ids: [] })
  expect(await refusalOf(save('NetworkSlice', 1, { slice_id: 3 }))).toMatchObject(refused)
  // What a synchronizer says of it is written all the same.
  const status = { backend_status: 'no more', backend_code: 2 }
  const written = await as().update('NetworkSlice', 2, status, { callerKind: 'synchronizer' })
  expect(written.fields).toMatchObject(status)
})

/** Two instances of a service: the second is the one to link to. */
const instances = async () => {
  await create('GardenService', { name: 'gardens' })
  await create('Garden')
  await create('Garden')
}

const ends = { provider_service_instance_id: 2, subscriber_service_instance_id: 1 }

test('a link has one subscriber and no twin', async () => {
  await instances()
  expect(
    await refusalOf(create('ServiceInstanceLink', { ...ends, subscriber_service_id: 1 })),
  ).toMatchObject({
    code: 'CONFLICTING_FIELD',
    message:
      'A ServiceInstanceLink has one subscriber, got subscriber_service_id, subscriber_service_instance_id',
  })

  await create('ServiceInstanceLink', ends)
  await create('ServiceInstanceLink', { provider_service_instance_id: 2, subscriber_service_id: 1 })
  const twin = {
    code: 'VALIDATION',
    message: 'There is a ServiceInstanceLink between these two already',
  }
  expect(await refusalOf(create('ServiceInstanceLink', ends))).toMatchObject(twin)
  expect(
    await refusalOf(save('ServiceInstanceLink', 2, { ...ends, subscriber_service_id: 0 })),
  ).toMatchObject(twin)
  expect(await save('ServiceInstanceLink', 1, ends)).toMatchObject(ends)

  await as().remove('ServiceInstanceLink', 1)
  expect(await create('ServiceInstanceLink', ends)).toMatchObject({ id: 3 })
})

test('of two that make the same link at once, one is refused', async () => {
  await instances()
  const made = await Promise.allSettled([1, 2].map(() => create('ServiceInstanceLink', ends)))
  expect(made.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
})

test('the provider counts the links to it that were deleted, one by one or along with others, and is dirty', async () => {
  await instances()
  await create('ServiceInstanceLink', ends)
  await create('ServiceInstanceLink', { provider_service_instance_id: 2, subscriber_service_id: 1 })
  const before = (await as().get('Garden', 2)).fields

  await as().remove('ServiceInstanceLink', 2)
  const once = (await as().get('Garden', 2)).fields
  expect(once).toMatchObject({ link_deleted_count: 1 })
  expect(Number(once['updated'])).toBeGreaterThan(Number(before['updated']))

  await as().remove('Garden', 1)
  const twice = (await as().get('Garden', 2)).fields
  expect(twice).toMatchObject({ link_deleted_count: 2, provided_links_ids: [] })
  expect(Number(twice['updated'])).toBeGreaterThan(Number(once['updated']))
})

const passwordOf = async (email: string): Promise<string> =>
  (await under.store.credentials(email))?.passwordHash ?? ''

test('a password is hashed when it is new and when it changes', async () => {
  await create('User', { ...arya, password: 'needle' })
  expect(await verifyPassword('needle', await passwordOf(arya.email))).toBe(true)

  const hash = await passwordOf(arya.email)
  await save('User', 2, { phone: '1' })
  await save('User', 2, { password: hash })
  expect(await passwordOf(arya.email)).toBe(hash)

  await save('User', 2, { password: 'dagger' })
  expect(await verifyPassword('dagger', await passwordOf(arya.email))).toBe(true)
  for (const password of ['', null, 'x'.repeat(257), 7]) {
    expect(await refusalOf(save('User', 2, { password }))).toMatchObject({ code: 'INVALID_FIELD' })
  }
  expect(await verifyPassword('dagger', await passwordOf(arya.email))).toBe(true)
})

test('a new password ends the sessions of its user, and of nobody else', async () => {
  const { store, clock } = under
  await create('User', { ...arya, password: 'needle' })
  const later = clock.now() + 1000
  const open = async (idHash: string, email: string): Promise<boolean> => {
    const credentials = await store.credentials(email)
    return credentials !== undefined && store.addSession(idHash, credentials, later)
  }
  const old = await store.credentials(arya.email)
  expect(await open('hers', arya.email)).toBe(true)
  expect(await open('ours', administrator.email)).toBe(true)
  await save('User', 2, { firstname: 'Arya', password: 'needle' })
  expect(await store.sessionCaller('hers', clock.now())).toMatchObject({ userId: 2 })

  await save('User', 2, { password: 'dagger' })
  expect(await store.sessionCaller('hers', clock.now())).toBeUndefined()
  expect(await store.sessionCaller('ours', clock.now())).toMatchObject({ userId: 1 })
  expect(old !== undefined && (await store.addSession('late', old, later))).toBe(false)
})

test('who may not make a user is told so before a password is looked at', async () => {
  await create('User', { ...arya, password: 'needle' })
  const user = { ...arya, email: 'sansa@example.org', password: 'x'.repeat(257) }
  expect(await refusalOf(create('User', user, asArya))).toMatchObject({
    code: 'PERMISSION_DENIED',
  })
  expect(await refusalOf(create('User', user))).toMatchObject({ code: 'INVALID_FIELD' })
})

test('nobody logs in as a user without a password', async () => {
  expect(await create('User', arya)).toMatchObject({ username: 'Something' })
  const hash = await passwordOf(arya.email)
  expect(await verifyPassword('Something', hash)).toBe(false)
  expect(await verifyPassword(hash, hash)).toBe(false)
})

test('no two users have one email address', async () => {
  await create('User', arya)
  expect(await refusalOf(create('User', arya))).toMatchObject({ code: 'DUPLICATE_KEY' })
  expect(await refusalOf(save('User', 2, { email: administrator.email }))).toMatchObject({
    code: 'DUPLICATE_KEY',
  })
})

test('users write their own record, but make nobody an administrator and take none over', async () => {
  await create('User', arya)
  expect(await save('User', 2, { phone: '1', is_admin: false }, asArya)).toMatchObject({
    phone: '1',
  })
  expect(await refusalOf(save('User', 2, { is_admin: true }, asArya))).toMatchObject({
    code: 'PERMISSION_DENIED',
    message: 'Only an administrator may change is_admin of a User',
  })
  expect(await save('User', 2, { is_admin: true })).toMatchObject({ is_admin: true })
})

test('who administers a site deletes its users, but no administrator, and none with the site', async () => {
  const stark = { name: 'Winterfell', abbreviated_name: 'stark', login_base: 'stark' }
  const site_id = Number((await create('Site', { ...stark, site_url: 'http://stark.org' }))['id'])
  await create('User', { ...arya, site_id })
  await create('User', { ...arya, email: 'robb@example.org', site_id, is_admin: true })
  await create('User', { ...arya, email: 'bran@example.org', site_id })
  await create('Privilege', {
    accessor_id: 2,
    accessor_type: 'User',
    object_id: site_id,
    object_type: 'Site',
    permission: 'role:admin',
  })
  const refused = {
    code: 'PERMISSION_DENIED',
    message: 'Only an administrator may delete User 3, who is one',
  }
  expect(await refusalOf(as(asArya).remove('User', 3))).toMatchObject(refused)
  expect(await refusalOf(as(asArya).remove('Site', site_id))).toMatchObject(refused)
  await as(asArya).remove('User', 4)
  expect((await as().list('User')).map(({ id }) => id)).toEqual([1, 2, 3])

  await save('User', 3, { is_admin: false })
  await as(asArya).remove('Site', site_id)
  expect((await as().list('User')).map(({ id }) => id)).toEqual([1])
})
