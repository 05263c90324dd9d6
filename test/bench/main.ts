import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { runB1 } from './b1-host.ts'
import { runB2 } from './b2-drain.ts'
import { runB3 } from './b3-latency.ts'
import { runB4 } from './b4-order.ts'
import { runB5 } from './b5-bad-function.ts'
import { runB6 } from './b6-kill.ts'
import { runB7 } from './b7-sleepers.ts'
import { runCore } from './core.ts'
import { runMemory } from './memory.ts'
import { runSoak } from './soak.ts'
import { runXproto } from './xproto.ts'

// Speed is measured here and nowhere asserted: figures only mean something beside the limit of the same run.
const { values, positionals: asked } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    minutes: { type: 'string', default: '30' },
  },
})
const numberIn = (text: string): number => {
  if (/^[1-9]\d*$/.test(text)) return Number(text)
  throw new Error(`Expected a number of rounds or minutes, got ${text}`)
}
const isQuick = values.quick
const rounds = isQuick ? 1 : numberIn(values.rounds)
const minutes = numberIn(values.minutes)

type Bench = (rounds: number, isQuick: boolean) => Promise<void>

const benches: Readonly<Record<string, Bench>> = {
  b1: runB1,
  b2: runB2,
  b3: runB3,
  b4: runB4,
  b5: runB5,
  b6: runB6,
  b7: runB7,
  memory: runMemory,
  core: runCore,
  xproto: runXproto,
  soak: (_, isShort) => runSoak(minutes, isShort),
}
// So long that it runs only where it is asked for.
const everyDay = Object.keys(benches).filter((name) => name !== 'soak')
const unknown = asked.filter((name) => !Object.hasOwn(benches, name))
if (unknown.length > 0)
  throw new Error(`Expected ${Object.keys(benches).join(', ')}, got ${unknown.join(', ')}`)

const load = (): string => `load ${loadavg()[0]?.toFixed(2) ?? '?'}`

console.log(
  `Node ${process.version}, ${cpus().length} processors, ${load()}, ` +
    `${rounds} interleaved rounds; figures are medians (least to most)`,
)
for (const name of asked.length > 0 ? asked : everyDay) {
  await benches[name]?.(rounds, isQuick)
  console.log(`  (${load()})`)
}
process.exit()
