import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { adminEmail, adminPassword } from '../support/core-process.ts'
import { openInteropCore, type InteropCore } from './support/cores.ts'
import { openShell, testShell, type Shell } from './support/shell.ts'

const installed = inject('python')
const python = 'program' in installed ? installed.program : ''

describe.skipIf(python === '')('xosapi', () => {
  let core: InteropCore
  /** Over TLS, as the administrator. */
  let admin: Shell

  beforeAll(async () => {
    core = await openInteropCore()
    const login = { endpoint: core.secure, username: adminEmail, password: adminPassword }
    admin = await openShell(python, login, await core.trusted())
  })

  afterAll(async () => {
    await admin.close()
    await core.close()
  })

  test('connects over TLS and finds every model of the core', async () => {
    expect(await admin.run('answer = sorted(xos.all_model_names)')).toEqual(
      expect.arrayContaining(['AddressPool', 'BackupOperation', 'Service', 'Slice', 'User']),
    )
    expect(admin.said()).not.toContain('Traceback')
  })

  test('lists the first user and its site, with what links them', async () => {
    const first = await admin.run(`
      user = xos.User.objects.first()
      site = user.site
      answer = [user.email, user.password == '${adminPassword}', site.name, [u.id for u in site.users.all()] == [user.id]]
    `)
    expect(first).toEqual([adminEmail, false, 'mysite', true])
  })

  test('creates a record that says what the core filled in', async () => {
    const created = await admin.run(`
      site = xos.Site(name="Nairobi", login_base="nbo", abbreviated_name="nbo", site_url="http://nbo.test/")
      site.save()
      again = xos.Site.objects.get(id=site.id)
      answer = [site.id == again.id, again.leaf_model_name, again.class_names, again.self_content_type_id,
                again.enacted, again.backend_status, again.backend_code, again.deleted, again.updated > 0]
    `)
    expect(created).toEqual([
      true,
      'Site',
      expect.stringMatching(/^Site,(.*,)?XOSBase$/),
      expect.stringMatching(/^core\.site(_decl)?$/),
      null,
      'Provisioning in progress',
      0,
      false,
      true,
    ])
  })

  test('filters with every operator that its ORM has, by text, number and flag', async () => {
    const found = await admin.run(`
      xos.Service(name="Alpha", versionNumber="1").save()
      xos.Service(name="beta", versionNumber="2", published=False).save()
      named = lambda **asked: sorted(service.name for service in xos.Service.objects.filter(**asked))
      first = min(service.id for service in xos.Service.objects.all())
      answer = [named(name="Alpha"), named(name__iexact="ALPHA"), named(published=False), named(id__gt=first),
                named(id__lte=first), named(id__gte=first), named(id__lt=first),
                named(name="Alpha", versionNumber="2"), named(name__contains="et")]
    `)
    expect(found).toEqual([
      ['Alpha'],
      ['Alpha'],
      ['beta'],
      ['beta'],
      ['Alpha'],
      ['Alpha', 'beta'],
      [],
      [],
      ['beta'],
    ])
  })

  test('updates only the fields that it names, and stores every one when it names none', async () => {
    const updated = await admin.run(`
      service = xos.Service(name="gamma")
      service.save()
      before = xos.Service.objects.get(id=service.id).updated
      service = xos.Service.objects.get(id=service.id)
      service.description = "only this"
      service.icon_url = "not this"
      service.save(update_fields=["description"])
      named = xos.Service.objects.get(id=service.id)
      again = xos.Service.objects.get(id=service.id)
      again.icon_url = "now this"
      again.save()
      whole = xos.Service.objects.get(id=service.id)
      answer = [named.description, named.icon_url, named.updated == before, whole.icon_url, whole.updated > before]
    `)
    expect(updated).toEqual(['only this', null, true, 'now this', true])
  })

  test('stores what changed since it was read', async () => {
    const changed = await admin.run(`
      service = xos.Service(name="delta")
      service.save()
      service = xos.Service.objects.get(id=service.id)
      service.description = "changed"
      changed = sorted(service.changed_fields)
      service.save_changed_fields(always_update_timestamp=True)
      after = xos.Service.objects.get(id=service.id)
      answer = [changed, after.description, after.updated > service.updated]
    `)
    expect(changed).toEqual([['description'], 'changed', true])
  })

  test('follows links forward and back, and clears one', async () => {
    const followed = await admin.run(`
      service = xos.Service(name="epsilon")
      service.save()
      for name in ("one", "two"):
          xos.ServiceAttribute(name=name, value=name * 2, service=service).save()
      service = xos.Service.objects.get(id=service.id)
      attribute = service.serviceattributes.first()
      node = xos.Service(name="placed", site=xos.Site.objects.first())
      node.save()
      node = xos.Service.objects.get(id=node.id)
      placed = node.site.name
      node.site = None
      node.save()
      answer = [service.serviceattribute_dict, service.serviceattributes.count(), attribute.service.name, placed,
                xos.Service.objects.get(id=node.id).site]
    `)
    expect(followed).toEqual([{ one: 'oneone', two: 'twotwo' }, 2, 'epsilon', 'mysite', null])
  })

  test('adds and removes records of a many-to-many link', async () => {
    const linked = await admin.run(`
      nodes = [xos.Node(name="node-%d" % n, site=xos.Site.objects.first()) for n in (1, 2)]
      for node in nodes:
          node.save()
      label = xos.NodeLabel(name="edge")
      label.node.add(nodes[0])
      label.save()
      names = lambda: [node.name for node in xos.NodeLabel.objects.get(id=label.id).node.all()]
      made = names()
      label = xos.NodeLabel.objects.get(id=label.id)
      label.node.add(nodes[1])
      label.save()
      added = names()
      label = xos.NodeLabel.objects.get(id=label.id)
      label.node.remove(nodes[0])
      label.save()
      back = [found.name for found in xos.Node.objects.get(id=nodes[1].id).nodelabels.all()]
      answer = [made, added, names(), back]
    `)
    expect(linked).toEqual([['node-1'], ['node-1', 'node-2'], ['node-2'], ['edge']])
  })

  test('deletes: the record and what links to it leave the lists, and can be got until they are purged', async () => {
    const deleted = await admin.run(`
      service = xos.Service(name="zeta")
      service.save()
      attribute = xos.ServiceAttribute(name="a", value="b", service=service)
      attribute.save()
      service = xos.Service.objects.get(id=service.id)
      service.backend_need_delete = True
      service.save()
      service.delete()
      answer = [len(xos.Service.objects.filter(name="zeta")), xos.Service.objects.get(id=service.id).deleted,
                [found.name for found in xos.Service.deleted_objects.all()],
                len(xos.ServiceAttribute.objects.filter(name="a"))]
    `)
    expect(deleted).toEqual([0, true, ['zeta'], 0])
  })

  test('uses the convenience methods of its own on what it read', async () => {
    const handed = await admin.run(`
      xos.AddressPool(name="pool", addresses="10.0.0.0/29", gateway_ip="10.0.0.1", gateway_mac="02:42:0a:00:00:01").save()
      pool = xos.AddressPool.objects.get(name="pool")
      given = pool.get_address()
      pool.save()
      again = xos.AddressPool.objects.get(name="pool")
      answer = [pool.cidr, given, again.addresses, again.inuse]
    `)
    expect(handed).toEqual([
      '10.0.0.0/29',
      '10.0.0.2',
      '10.0.0.3 10.0.0.4 10.0.0.5 10.0.0.6',
      '10.0.0.2',
    ])
  })

  test('is told what is wrong as the original tells it', async () => {
    expect(JSON.parse((await admin.refused('xos.Site.objects.get(id=99999)')).details)).toEqual({
      error: 'XOSNotFound',
      specific_error: 'object not found',
      fields: { id: 99999, message: 'Site matching query does not exist.' },
    })
    expect(await admin.refused('xos.Site(name="").save()')).toMatchObject({
      status: 'UNKNOWN',
      details: expect.stringContaining('Exception calling application: ') as string,
    })
    const protectedField = await admin.refused(`
      site = xos.Site.objects.first()
      site.backend_status = "mine"
      site.save()
    `)
    expect(protectedField.status).toBe('PERMISSION_DENIED')
    expect(JSON.parse(protectedField.details)).toMatchObject({ error: 'XOSPermissionDenied' })
  })

  test('asks for versions, models, dirty models and the state of services', async () => {
    const told = await admin.run(`
      defs = client.modeldefs.ListModelDefs(Empty())
      status = client.dynamicload.GetLoadStatus(Empty())
      dirty = client.utility.ListDirtyModels(client.utility_pb2.ModelFilter(class_name="Site"))
      answer = [client.utility.GetVersion(Empty()).version, "Slice" in [item.name for item in defs.items],
                [(service.name, service.state) for service in status.services],
                sorted(set(item.class_name for item in dirty.items))]
    `)
    expect(told).toEqual([
      expect.stringMatching(/^4\./),
      true,
      expect.arrayContaining([['core', 'present']]),
      expect.arrayContaining(['Site']),
    ])
  })

  test('without TLS and credentials it learns the API, and is refused what needs a user', async () => {
    const stranger = await testShell(python, { endpoint: core.insecure })
    expect(await stranger.run('answer = client.utility.NoOp(Empty()) is not None')).toBe(true)
    const { status, details } = await stranger.refused('xos.Site.objects.all()')
    expect([status, JSON.parse(details)]).toEqual([
      'UNAUTHENTICATED',
      expect.objectContaining({ error: 'XOSNotAuthenticated' }),
    ])
  })

  test('a session of Login lets it in until it logs out', async () => {
    const stranger = await testShell(python, { endpoint: core.insecure })
    const session = String(
      await stranger.run(`
        asked = client.utility_pb2.LoginRequest(username="${adminEmail}", password="${adminPassword}")
        answer = client.utility.Login(asked).sessionid
      `),
    )
    const byText = `list(client.xos.ListSite(Empty(), metadata=[("x-xossession", "${session}")]).items)`
    expect(await stranger.run(`answer = len(${byText}) > 0`)).toBe(true)
    await stranger.run(`
      client.utility.Logout(Empty(), metadata=[("x-xossession", "${session}")])
    `)
    expect((await stranger.refused(byText)).status).toBe('PERMISSION_DENIED')
  })

  test('a wrong password is refused over TLS too, and not repeated', async () => {
    const wrong = { endpoint: core.secure, username: adminEmail, password: 'guessed-s3cret' }
    const stranger = await testShell(python, wrong, await core.trusted())
    const { status, details } = await stranger.refused('xos.Site.objects.all()')
    expect([status, details.includes('guessed-s3cret')]).toEqual(['PERMISSION_DENIED', false])
  })
})
