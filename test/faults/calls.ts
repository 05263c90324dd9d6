import { readFile } from 'node:fs/promises'
import type { Operation } from '#contract'

/** What a function notes of a call when it begins, before it is answered, and once the answer has left. */
export type Line =
  | (Begun & { readonly kind: 'begun'; readonly call: string; readonly atMs: number })
  | {
      readonly kind: 'answered'
      readonly call: string
      readonly atMs: number
      readonly status: number
    }
  | { readonly kind: 'sent'; readonly call: string }

type Begun = {
  /** Which run of the function. */
  readonly life: string
  /** Which run of which dispatcher called. */
  readonly by: string
  /** The same for one version of a record on every retry. */
  readonly event: string
  /** `Cow/7` */
  readonly subject: string
  readonly traceparent: string
  readonly operation: Operation
  readonly attempt: number
  /** Of the record, as it was sent. */
  readonly value: number
}

/** A call as its function saw it; times are those of `monotonicMs`. */
export type Call = Begun & {
  readonly begunMs: number
  /** Missing where the function was killed before. */
  answeredMs?: number
  status?: number
  /** Whether the answer has left the function. */
  isSent: boolean
}

const linesIn = async (file: string): Promise<readonly Line[]> => {
  const text = await readFile(file, 'utf8').catch(() => '')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)
}

/** The calls that are noted in these files, in the order in which they began. */
export const readCalls = async (files: readonly string[]): Promise<readonly Call[]> => {
  const calls = new Map<string, Call>()
  for (const line of (await Promise.all(files.map(linesIn))).flat()) {
    if (line.kind === 'begun') {
      calls.set(line.call, { ...line, begunMs: line.atMs, isSent: false })
      continue
    }
    const call = calls.get(line.call)
    if (call === undefined) throw new Error(`Expected ${line.call} to begin before it ends`)
    if (line.kind === 'sent') call.isSent = true
    else Object.assign(call, { answeredMs: line.atMs, status: line.status })
  }
  return [...calls.values()].sort((a, b) => a.begunMs - b.begunMs)
}
