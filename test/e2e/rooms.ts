import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { makeDataFolder } from '../support/made-pglite.ts'
import { root } from '../support/syncstep-command.ts'

/** One step of each kind. */
export const roomSteps = {
  'room-step': 'steps/room-step.js',
  'lamp-step': 'steps/lamp-step.js',
  'room-policy': 'policies/room-policy.js',
  'on-wish': 'event-steps/on-wish.js',
  'look-outside': 'pull-steps/look-outside.js',
} as const

const files = {
  'models/rooms.xproto': `
option name = "rooms";
option app_label = "rooms";

message Room (XOSBase) {
  required string name = 1 [max_length = 50];
  optional int32 lamps_wanted = 2 [default = 1];
  optional string label = 3 [max_length = 50, feedback_state = True];
}

message Lamp (XOSBase) {
  required string name = 1 [max_length = 50];
  required manytoone room->Room:lamps = 2:1001;
  optional string seen_label = 3 [max_length = 50, feedback_state = True];
}
`,
  // It waits for the policy, as steps do that need what the policy makes.
  'steps/room-step.js': `
export default {
  observes: 'Room',
  include: ['lamps'],
  after_policy: true,
  sync_record(o, { log }) {
    log.info({ room: o.name, lamps: o.lamps.length }, 'Room is furnished')
    return { label: o.name.toUpperCase() }
  },
  delete_record: (o, { log }) => log.info({ room: o.name }, 'Room is cleared'),
}
`,
  'steps/lamp-step.js': `
export default {
  observes: 'Lamp',
  include: ['room'],
  sync_record: (o) => ({ seen_label: o.room.label }),
  delete_record: () => undefined,
}
`,
  'policies/room-policy.js': `
const light = async (o, { client }) => {
  for (let number = 1; number <= o.lamps_wanted; number += 1) {
    await client.upsert('Lamp', ['name'], { name: o.name + ' ' + number, room_id: o.id })
  }
}
export default {
  observes: 'Room',
  handle_create: light,
  handle_update: light,
  handle_delete: (o, { log }) => log.info({ room: o.name }, 'Room is given up'),
}
`,
  // Killed in the middle of the first call for each wish: when half of it is done, and nobody has been answered.
  'event-steps/on-wish.js': `
import { existsSync, writeFileSync } from 'node:fs'
export default {
  types: ['org.example.wish.*'],
  async process_event({ id, data }, { client, log }) {
    await client.upsert('Room', ['name'], { name: data.room })
    const marker = new URL('../died-' + id, import.meta.url)
    if (data.dies && !existsSync(marker)) {
      writeFileSync(marker, '')
      process.kill(process.pid, 'SIGKILL')
    }
    await client.upsert('Room', ['name'], { name: data.room, lamps_wanted: data.lamps })
    log.info({ wish: id }, 'Wish is granted')
  },
}
`,
  'pull-steps/look-outside.js': `
import { readFileSync } from 'node:fs'
export default {
  every: '200ms',
  async pull_records({ client }) {
    const text = readFileSync(new URL('../outside.txt', import.meta.url), 'utf8')
    for (const name of text.split(' ').filter(Boolean)) {
      await client.upsert('Room', ['name'], { name, lamps_wanted: 0 })
    }
  },
}
`,
  'outside.txt': '',
  VERSION: '1.0.0\n',
}

const config = `
name: rooms
accessor: { username: admin@opencord.org }
models_dir: models
steps_dir: steps
model_policies_dir: policies
event_steps_dir: event-steps
pull_steps_dir: pull-steps
required_models: [Room, Lamp]
deferred_delay: 200ms
`

/** A project with a step of each kind in a folder of its own, and a data folder. */
export const makeRooms = async (settings = '') => {
  await mkdir(path.join(root, '.syncstep'), { recursive: true })
  const folder = await mkdtemp(path.join(root, '.syncstep/e2e-'))
  const project = path.join(folder, 'project')
  for (const [name, text] of Object.entries({ ...files, 'config.yaml': config + settings })) {
    const file = path.join(project, name)
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, text)
  }
  return {
    project,
    data: await makeDataFolder(path.join(folder, 'data')),
    /** What the pull step finds: names with spaces between them. */
    outside: (names: string) => writeFile(path.join(project, 'outside.txt'), names),
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  }
}
