import { contenderNamed } from '../contenders.ts'
import type { Setup } from '../contender.ts'

export type WorkerTask = { readonly name: string; readonly place: string; readonly setup: Setup }

// Works off the jobs of a queue until it is killed, or its parent ends.
const { name, place, setup } = JSON.parse(process.argv[2] ?? '') as WorkerTask
const running = await contenderNamed(name).open(place, setup)
await running.start()
process.on('disconnect', () => process.exit())
