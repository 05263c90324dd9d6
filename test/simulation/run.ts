import { openEngine } from './engine.ts'
import { createSimulator } from './simulate.ts'

/** Runs simulations from one seed on, and prints a line of JSON for each: see `Line`. Stops after a breach if asked. */
const [made = '', from = '0', count = '1', ...flags] = process.argv.slice(2)
const withNotes = flags.includes('--notes')
const untilBreach = flags.includes('--until-breach')

const simulator = createSimulator(await openEngine(made))
for (let seed = Number(from); seed < Number(from) + Number(count); seed += 1) {
  const { breaches, notes, digest } = await simulator.simulate(seed)
  const line = { seed, digest, breaches, ...(withNotes ? { notes } : {}) }
  process.stdout.write(`${JSON.stringify(line)}\n`)
  if (untilBreach && breaches.length > 0) break
}
process.exit()
