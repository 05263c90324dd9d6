import { cpus, loadavg } from 'node:os'
import { runB1 } from './b1-host.ts'
import { runB2 } from './b2-drain.ts'
import { runCore } from './core.ts'
import { runXproto } from './xproto.ts'

// Speed is measured here and nowhere asserted: figures only mean something beside the limit of the same run.
const quick = process.argv.includes('--quick')
const rounds = quick ? 1 : 5
const benches = { b1: runB1, b2: runB2, core: runCore, xproto: runXproto }
const asked = process.argv.filter((argument) => Object.hasOwn(benches, argument))

console.log(
  `Node ${process.version}, ${cpus().length} processors, load ${loadavg()[0]?.toFixed(2) ?? '?'}, ` +
    `${rounds} interleaved rounds; figures are medians (least to most)`,
)
for (const [name, run] of Object.entries(benches)) {
  if (asked.length === 0 || asked.includes(name)) await run(rounds)
}
process.exit()
