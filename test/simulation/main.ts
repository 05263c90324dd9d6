import { parseArgs } from 'node:util'
import { copyEngine } from './engine-copy.ts'
import { runSimulations } from './run-simulations.ts'

/**
 * `npm run simulate -- --seed 7` prints all that happens in one simulation; `-- --seed 1 --count 1000` prints which of
 * a thousand fail.
 */
const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, count: { type: 'string', default: '1' } },
})
const count = Number(values.count)

const engine = await copyEngine()
try {
  const lines = await runSimulations(engine, {
    from: Number(values.seed),
    count,
    withNotes: count === 1,
  })
  for (const { seed, digest, breaches, notes = [] } of lines) {
    for (const note of notes) console.log(note)
    if (count === 1 || breaches.length > 0) console.log(`seed ${seed}, digest ${digest}`)
    for (const breach of breaches) console.log(`  ${breach}`)
  }
  if (lines.some(({ breaches }) => breaches.length > 0)) process.exitCode = 1
} finally {
  await engine.remove()
}
