import { cpus, loadavg } from 'node:os'
import { runB1 } from './b1-host.ts'
import { runB2 } from './b2-drain.ts'
import { runB3 } from './b3-latency.ts'
import { runB4 } from './b4-order.ts'
import { runB5 } from './b5-bad-function.ts'
import { runB6 } from './b6-kill.ts'
import { runB7 } from './b7-sleepers.ts'
import { runCore } from './core.ts'
import { runMemory } from './memory.ts'
import { runXproto } from './xproto.ts'

// Speed is measured here and nowhere asserted: figures only mean something beside the limit of the same run.
const isQuick = process.argv.includes('--quick')
const rounds = isQuick ? 1 : 5
const benches = {
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
}
const asked = process.argv.filter((argument) => Object.hasOwn(benches, argument))

const load = (): string => `load ${loadavg()[0]?.toFixed(2) ?? '?'}`

console.log(
  `Node ${process.version}, ${cpus().length} processors, ${load()}, ` +
    `${rounds} interleaved rounds; figures are medians (least to most)`,
)
for (const [name, run] of Object.entries(benches)) {
  if (asked.length > 0 && !asked.includes(name)) continue
  await run(rounds, isQuick)
  console.log(`  (${load()})`)
}
process.exit()
