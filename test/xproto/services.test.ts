import { expect, test } from 'vitest'
import { compile, parse, print, render, type Model } from '#xproto'
import { everySource, listServices } from '../fixtures/services/read.ts'
import { coreSource } from '../fixtures/xproto/read.ts'
import { rowsOf } from './rows.ts'

const core = compile([coreSource]).schema!
const everything = compile(everySource())
const modelOf = (name: string): Model => everything.schema!.model(name)!

test.each(listServices())('$name compiles without a remark', ({ sources }) => {
  const { schema, diagnostics } = compile(sources)
  expect(diagnostics.map((diagnostic) => render(diagnostic, sources))).toEqual([])
  expect(schema).toBeDefined()
})

test('all services compile together without a remark', () => {
  expect(everything.diagnostics.map((diagnostic) => render(diagnostic, everySource()))).toEqual([])
})

test.each(listServices().flatMap(({ own }) => own))('$file is in the canonical form', (source) => {
  expect(print(parse(source).tree)).toBe(source.text)
})

test('every field of a service says what it is for', () => {
  const files = new Set(listServices().flatMap(({ own }) => own.map(({ file }) => file)))
  const silent = everything.schema!.models.flatMap(({ name, fields }) =>
    fields
      .filter(({ span, help }) => files.has(span.file) && help === '')
      .map((field) => `${name}.${field.name}`),
  )
  expect(silent).toEqual([])
})

/** Another service links to every service. */
const promises = '1040 int32* promises_ids <-SLA'

/** The number at the start of a row of {@link rowsOf}. */
const numberOf = (row: string): number => Number.parseInt(row, 10)

/** The rows a model has from a core model, and its own: all in the order of their numbers. */
const withRowsOf = (ancestor: string, own: readonly string[]): readonly string[] =>
  [...rowsOf(core.model(ancestor)!), ...own].toSorted((a, b) => numberOf(a) - numberOf(b))

const record = [
  '101 int32 zone_id ->Zone:records required',
  '102 string label max=63 required default="@"',
  '103 uint32 ttl',
  '1001 int32* checks_ids <-AnswerCheck',
]
const placed = [
  '101 double latitude required default=0',
  '102 double longitude required default=0',
  '103 float altitude_m',
]

/*
 * Worked out by hand from the rules: each ancestor that declares fields moves the numbers of those below it up by a
 * hundred; each ancestor that is linked to does the same to reverse sets.
 */
test.each<readonly [model: string, coreAncestor: string, own: readonly string[]]>([
  // Zones: children, grandchildren, and a base without fields of its own.
  [
    'ZoneService',
    'Service',
    [
      '201 uint32 default_ttl required default=3600',
      promises,
      '1101 int32* name_servers_ids <-NameServer',
    ],
  ],
  [
    'NameServer',
    'XOSBase',
    [
      '101 int32 service_id ->ZoneService:name_servers required',
      '102 string host_name max=253 required unique',
      '103 string address max=39',
      '104 int32 twin_id ->NameServer:twin_of unique',
      '1001 int32* twin_of_ids <-NameServer',
      '1002 int32* zones_ids <-Zone',
      '1003 int32* checks_ids <-AnswerCheck',
    ],
  ],
  [
    'Zone',
    'XOSBase',
    [
      '101 string name max=255 required unique',
      '102 int32 parent_id ->Zone:children',
      '103 int32 contact_id ->User:zones',
      '104 int32* name_servers_ids ->NameServer required',
      '105 int64 serial feedback default=0',
      '1001 int32* children_ids <-Zone',
      '1002 int32* records_ids <-ResourceRecord',
      '1003 int32* hostings_ids <-ZoneHosting',
    ],
  ],
  ['ResourceRecord', 'XOSBase', record],
  [
    'AddressRecord',
    'XOSBase',
    [...record, '201 string address max=39 required', '1101 int32* pools_ids <-AddressPoolMember'],
  ],
  [
    'GeoAddressRecord',
    'XOSBase',
    [
      ...record,
      '201 string address max=39 required',
      '301 string region max=2 required default="EU" choices=EU|AM|AP',
      '302 uint32 weight required default=1',
      '1101 int32* pools_ids <-AddressPoolMember',
    ],
  ],
  [
    'MailRecord',
    'XOSBase',
    [...record, '201 int32 preference required default=10', '202 string exchange max=253 required'],
  ],
  ['TextualRecord', 'XOSBase', record],
  ['TextRecord', 'XOSBase', [...record, '204 string content required']],
  [
    'AddressPoolMember',
    'XOSBase',
    ['101 string pool max=40 required', '102 int32 address_id ->AddressRecord:pools required'],
  ],
  [
    'AnswerCheck',
    'XOSBase',
    [
      '101 int32 record_id ->ResourceRecord:checks required',
      '102 int32 server_id ->NameServer:checks required',
      '103 string answered feedback',
      '104 double delay_ms feedback',
    ],
  ],
  [
    'ZoneHosting',
    'ServiceInstance',
    ['201 int32 zone_id ->Zone:hostings required', '202 bool signed required default=false'],
  ],

  // Ground stations: several bases, one of them outside of the family of records, and a diamond.
  ['Placed', 'XOSBase', placed],
  [
    'Steered',
    'XOSBase',
    [
      '101 float azimuth_deg required default=0',
      '102 float elevation_deg required default=90',
      '103 float speed_deg_s',
    ],
  ],
  [
    'GroundStationService',
    'Service',
    [
      '201 string tracking_url max=400 required',
      '202 uint32 lead_seconds required default=120',
      promises,
      '1101 int32* stations_ids <-Station',
    ],
  ],
  [
    'Station',
    'XOSBase',
    [
      ...placed,
      '202 string remark',
      '203 string remark_by max=80',
      '301 string name max=60 required unique',
      '302 int32 service_id ->GroundStationService:stations required',
      '303 int32 operator_id ->User:stations',
      '304 int32 site_id ->Site:stations',
      '1001 int32* antennas_ids <-Antenna',
    ],
  ],
  [
    'Antenna',
    'XOSBase',
    [
      ...placed,
      '201 float azimuth_deg required default=0',
      '202 float elevation_deg required default=90',
      '203 float speed_deg_s',
      '301 string name max=60 required',
      '302 int32 station_id ->Station:antennas required',
      '303 uint32 diameter_cm required default=370',
      '304 int32* bands_ids ->Band',
      '305 string state max=12 feedback choices=None|parked|moving|tracking',
      '1002 int32* contacts_ids <-Contact',
    ],
  ],
  [
    'Band',
    'XOSBase',
    [
      '101 string name max=4 required unique',
      '102 double from_mhz required',
      '103 double to_mhz required',
      '1001 int32* antennas_ids <-Antenna',
      '1002 int32* satellites_ids <-Satellite',
    ],
  ],
  [
    'Satellite',
    'XOSBase',
    [
      '102 string remark',
      '103 string remark_by max=80',
      '201 uint32 catalogue_number required unique',
      '202 string name max=40 required',
      '203 int32* bands_ids ->Band',
      '204 string orbit required',
      '1001 int32* contacts_ids <-Contact',
    ],
  ],
  [
    'Contact',
    'ServiceInstance',
    [
      '201 int32 antenna_id ->Antenna:contacts required',
      '202 int32 satellite_id ->Satellite:contacts required',
      '203 double begins required',
      '204 double ends required',
      '1101 int32* recordings_ids <-Recording',
    ],
  ],
  [
    'DuplexContact',
    'ServiceInstance',
    [
      '201 int32 antenna_id ->Antenna:contacts required',
      '202 int32 satellite_id ->Satellite:contacts required',
      '203 double begins required',
      '204 double ends required',
      '301 double down_mhz required',
      '302 int64 bytes_heard feedback default=0',
      '401 double up_mhz required',
      '402 bool encrypted required default=true',
      '501 bool ranging required default=false',
      '1101 int32* recordings_ids <-Recording',
      '1201 int32* decoded_recordings_ids <-Recording',
    ],
  ],
  [
    'Recording',
    'XOSBase',
    [
      '101 int32 contact_id ->Contact:recordings required',
      '102 int32 downlink_id ->DownlinkContact:decoded_recordings',
      '103 string address max=500 required',
    ],
  ],

  // A machine is three steps below XOSBase; its own reverse sets are the second group that is linked to.
  [
    'GraphicsMachine',
    'ComputeServiceInstance',
    [
      '301 int32 flavor_id ->Flavor:machines required',
      '302 int32 node_id ->Node:machines feedback',
      '303 int32 root_volume_id ->Volume:booted_machines',
      '304 int32* volumes_ids ->Volume',
      '305 int32* networks_ids ->Network',
      '306 int32 standby_id ->Machine:stands_in_for unique',
      '307 string power max=8 required default="on" choices=on|off',
      '308 string address max=39 feedback',
      '309 int32 exit_code feedback default=null',
      '401 int32 cards required default=1',
      '402 string driver max=40 choices=None|lts',
      '1101 int32* stands_in_for_ids <-Machine',
      '1102 int32* consoles_ids <-Console',
      '1103 int32* placement_rules_ids <-PlacementRule',
      '1104 int32* placements_ids <-PlacementMember',
      '1140 int32* meters_ids <-MachineMeter',
    ],
  ],
])('%s is on the wire what the rules make of it', (name, coreAncestor, own) => {
  expect(rowsOf(modelOf(name))).toEqual(withRowsOf(coreAncestor, own))
})

test('a model outside of the family of records has only what it declares', () => {
  expect(rowsOf(modelOf('Remarked'))).toEqual(['2 string remark', '3 string remark_by max=80'])
})

test.each([
  ['ZoneService', 'ZoneServices', '/xosapi/v1/zones/zoneservices', 'zones.zoneservice'],
  ['HeadEnd', 'HeadEnds', '/xosapi/v1/fibre-access/headends', 'fibre-access.headend'],
  ['Chassis', 'ChassisFrames', '/xosapi/v1/hosting/chassisframes', 'hosting.chassis'],
  ['SLA', 'SLAS', '/xosapi/v1/metering/slas', 'metering.sla'],
  ['QuietHours', 'QuietHourss', '/xosapi/v1/alerts/quiethourss', 'alerts.quiethours'],
  ['AlertHistory', 'AlertHistorys', '/xosapi/v1/alerts/alerthistorys', 'alerts.alerthistory'],
  // An app of their own.
  ['AlertService', 'AlertServices', '/xosapi/v1/alerting/alertservices', 'alerting.alertservice'],
  ['Notice', 'Notices', '/xosapi/v1/notices/notices', 'notices.notice'],
])('%s is listed as %s at %s', (name, plural, restPath, contentType) => {
  expect(modelOf(name)).toMatchObject({ plural, restPath, contentType })
})

test.each<readonly [model: string, keys: Model['toscaKeys']]>([
  ['HeadEnd', ['name']],
  ['HeadPort', ['head_end_id', 'number']],
  ['ResourceRecord', ['zone_id', 'label']],
  ['GeoAddressRecord', ['zone_id', 'label']],
  ['AddressPoolMember', ['pool', 'address_id']],
  ['Satellite', ['catalogue_number']],
  ['ZoneHosting', ['name']],
  ['Radio', []],
  ['Voucher', ['code', ['bearer', 'group_id', 'guest_id']]],
  ['Account', ['number', ['billing_address', 'holder_id']]],
])('a recipe finds a record of %s by %j', (name, keys) => {
  expect(modelOf(name).toscaKeys).toEqual(keys)
})

test.each<readonly [model: string, groups: Model['uniqueTogether']]>([
  ['HeadEnd', [['address', 'tcp_port']]],
  ['FibreLine', [['inner_tag', 'outer_tag']]],
  ['Splitter', [['name', 'port']]],
  ['Radio', [['access_point', 'band']]],
  ['DuplexContact', [['antenna', 'begins']]],
  ['Reading', [['at', 'meter']]],
  ['Zone', []],
])('records of %s differ in %j', (name, groups) => {
  expect(modelOf(name).uniqueTogether).toEqual(groups)
})

test.each([
  [
    'DuplexContact',
    'ServiceInstance',
    'DuplexContact DownlinkContact UplinkContact Contact ServiceInstance XOSBase',
  ],
  ['Antenna', 'Antenna', 'Antenna Placed Steered XOSBase'],
  ['Satellite', 'Satellite', 'Satellite XOSBase Remarked'],
  ['GeoAddressRecord', 'ResourceRecord', 'GeoAddressRecord AddressRecord ResourceRecord XOSBase'],
  [
    'GraphicsMachine',
    'ServiceInstance',
    'GraphicsMachine Machine ComputeServiceInstance ServiceInstance XOSBase',
  ],
  ['LineMeter', 'ServiceInstance', 'LineMeter Meter ServiceInstance XOSBase'],
])('%s shares its ids with all of %s', (name, root, ancestry) => {
  expect(modelOf(name)).toMatchObject({ root, ancestry: ancestry.split(' ') })
})

test.each([
  ['Fault', ['backend_code', 'backend_status', 'policy_code', 'policy_status']],
  ['Reading', ['backend_code', 'backend_status']],
  ['AnswerCheck', ['policy_code', 'policy_status']],
  ['Terminal', []],
])('the faces show records of %s without %j', (name, left) => {
  expect([...modelOf(name).unpublished].toSorted()).toEqual(left)
})
