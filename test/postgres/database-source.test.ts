import { randomBytes } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { createAuthenticator } from '#core'
import { createClosers, openDatabaseSource } from '#emulator'
import { realClock } from '../../cli/real-clock.ts'
import { newPostgresDatabase, openTestPostgres } from '../support/database.ts'
import { createRecordedLog } from '../support/recorded-log.ts'
import {
  asAdministrator,
  coreModels,
  helloWorldModels,
  helloWorldSteps,
  openTestStore,
} from '../support/store.ts'

test('what a dispatcher takes straight from the database lets functions into the cores that share it', async () => {
  const url = await newPostgresDatabase()
  const under = await openTestStore(await openTestPostgres(url))
  const { log } = createRecordedLog()
  const closers = createClosers(log)
  onTestFinished(async () => {
    await closers.closeAll()
    await under.core.close()
  })
  await under.load(helloWorldModels, helloWorldSteps, 'hello-world')
  await asAdministrator(under.store).create('HelloWorldService', { name: 'a', hello_from: 'b' })
  const publicUrl = new URL('https://core.test/syncstep/')
  const source = await openDatabaseSource(
    {
      url,
      publicUrl,
      completionMs: 1000,
      coreModels,
      clock: under.clock,
      random: Math.random,
      log,
    },
    closers,
  )
  const { work } = await source.lease('direct', [{ model: 'HelloWorldService', limit: 1 }])
  const { access, completion } = work[0]!
  const authenticator = createAuthenticator({ store: under.store, clock: realClock, randomBytes })

  expect(access?.url).toBe('https://core.test/syncstep')
  expect(await authenticator.bearer(`Bearer ${access!.token}`, 'somewhere')).toMatchObject({
    step: 'hello-world/service',
  })
  const [, right = ''] = completion!.url.split('https://core.test/syncstep/xosapi/v1/completions/')
  expect(await under.store.completions.read(right)).toMatchObject({
    key: { model: 'HelloWorldService', id: 1 },
  })
})
