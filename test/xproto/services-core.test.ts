import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listServices } from '../fixtures/services/read.ts'
import { asAdministrator, openTestStore, type TestStore } from '../support/store.ts'

let opened: TestStore
beforeAll(async () => {
  opened = await openTestStore()
})
afterAll(() => opened.core.close())

const create = async (
  model: string,
  values: Readonly<Record<string, unknown>>,
): Promise<number> => {
  const { id } = await asAdministrator(opened.store).create(model, values)
  return Number(id)
}

test('a running core takes every service, and keeps records of several bases', async () => {
  for (const { name, own } of listServices()) {
    const models = own.map(({ file, text }) => ({ filename: path.basename(file), contents: text }))
    await opened.work.register({ name, version: '1', models, steps: [], requiredModels: [] })
  }

  const band = await create('Band', { name: 'S', from_mhz: 2000, to_mhz: 4000 })
  const service = await create('GroundStationService', {
    name: 'ground',
    tracking_url: 'https://orbits.example/',
  })
  const station = await create('Station', { name: 'north', service_id: service, remark: 'windy' })
  const antenna = await create('Antenna', { name: 'a', station_id: station, bands_ids: [band] })
  const satellite = await create('Satellite', {
    catalogue_number: 25544,
    name: 'old lady',
    bands_ids: [band],
    orbit: '1 25544U',
  })
  const contact = await create('DuplexContact', {
    owner_id: service,
    antenna_id: antenna,
    satellite_id: satellite,
    begins: 1000,
    ends: 2000,
    down_mhz: 2200,
    up_mhz: 2050.5,
  })
  const recording = await create('Recording', {
    contact_id: contact,
    downlink_id: contact,
    address: 'https://store.example/1',
  })

  expect(await asAdministrator(opened.store).get('Contact', contact)).toMatchObject({
    leaf_model_name: 'DuplexContact',
    antenna_id: antenna,
    recordings_ids: [recording],
  })
  expect(await asAdministrator(opened.store).get('DuplexContact', contact)).toMatchObject({
    class_names: 'DuplexContact,DownlinkContact,UplinkContact,Contact,ServiceInstance,XOSBase',
    down_mhz: 2200,
    up_mhz: 2050.5,
    encrypted: true,
    ranging: false,
    recordings_ids: [recording],
    decoded_recordings_ids: [recording],
  })
  expect(await asAdministrator(opened.store).get('Band', band)).toMatchObject({
    antennas_ids: [antenna],
    satellites_ids: [satellite],
  })
})
