import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { madePgliteFile } from '../support/made-pglite.ts'
import type { EngineCopy } from './engine-copy.ts'

/** What `run.ts` prints for each seed. */
export type Line = {
  readonly seed: number
  readonly digest: string
  readonly breaches: readonly string[]
  /** What happened, when it was asked for. */
  readonly notes?: readonly string[]
}

export type Asked = {
  readonly from: number
  readonly count: number
  readonly withNotes?: boolean
  /** Ends after the first simulation that fails. */
  readonly untilBreach?: boolean
}

/** Simulates in a process of its own; rejects when that fails. */
export const runSimulations = async (
  { folder }: EngineCopy,
  { from, count, withNotes = false, untilBreach = false }: Asked,
): Promise<readonly Line[]> => {
  const flags = [withNotes ? ['--notes'] : [], untilBreach ? ['--until-breach'] : []].flat()
  const script = path.join(folder, 'test/simulation/run.js')
  const made = await madePgliteFile()
  const child = spawn(process.execPath, [script, made, String(from), String(count), ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit') as Promise<[number | null]>
  const lines: Line[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(JSON.parse(line) as Line)
  }
  const [code] = await ended
  if (code !== 0) throw new Error(`Expected the simulation to exit with 0, got ${code}`)
  return lines
}
