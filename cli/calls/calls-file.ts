import { open } from 'node:fs/promises'
import { checkChange, type NoAnswer } from '#contract'
import { Failure } from '../failure.ts'
import { fileFailure, readText } from '../files.ts'
import { isObject } from '../records-in.ts'
import type { Answered, Call } from './call.ts'

/** The first line. What follows is one call a line. */
const head = JSON.stringify({ syncstep: 'calls', version: 1 })

/** Half an hour of a busy step; whoever wants more has other questions than this file answers. */
const mostBytes = 64 * 1024 * 1024

/** Of the headers, those that decide what an answer means. An address or a challenge may hold what is secret. */
const keptHeaders = ['content-type', 'retry-after']

const kept = (call: Call): Call => {
  if ('failure' in call) return call
  const headers = Object.entries(call.answer.headers).filter(([name]) => keptHeaders.includes(name))
  return { ...call, answer: { ...call.answer, headers: Object.fromEntries(headers) } }
}

/** A file that calls are written to as they come. */
export type CallsFile = {
  /** False when the file is full. Resolves when the call is in it. */
  add(call: Call): Promise<boolean>
  close(): Promise<void>
}

/**
 * Begins a file of calls, which only this user may read: it holds what is in records. It holds no token.
 *
 * @throws Failure when it cannot be made, or is there already.
 */
export const createCallsFile = async (
  file: string,
  longest: number = mostBytes,
): Promise<CallsFile> => {
  const handle = await open(file, 'wx', 0o600).catch((error: unknown) => {
    const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST'
    if (exists) throw new Failure(`${file} is there already. Remove it, or choose another name.`)
    throw fileFailure(`Cannot write ${file}`, error)
  })
  let size = 0
  let written = Promise.resolve()

  const write = (line: string): Promise<void> => {
    size += Buffer.byteLength(line) + 1
    written = written.then(() => handle.appendFile(`${line}\n`))
    return written.catch((error: unknown) => {
      throw fileFailure(`Cannot write ${file}`, error)
    })
  }

  await write(head)
  return {
    async add(call) {
      const line = JSON.stringify(kept(call))
      if (size + Buffer.byteLength(line) >= longest) return false
      await write(line)
      return true
    },

    async close() {
      await written.catch(() => undefined)
      await handle.close()
    },
  }
}

const isAnswer = (value: unknown): value is Answered =>
  isObject(value) &&
  typeof value['status'] === 'number' &&
  typeof value['body'] === 'string' &&
  isObject(value['headers']) &&
  Object.values(value['headers']).every((text) => typeof text === 'string')

const failureKinds: readonly unknown[] = [
  'no-connection',
  'deadline',
  'too-large',
  'cut-off',
] satisfies readonly NoAnswer['kind'][]

const isFailure = (value: unknown): value is NoAnswer =>
  isObject(value) && failureKinds.includes(value['kind']) && typeof value['detail'] === 'string'

const isCall = (value: unknown): value is Call => {
  if (!isObject(value)) return false
  const { at, step, mode, durationMs, change, answer, failure } = value
  checkChange(change)
  return (
    typeof at === 'string' &&
    !Number.isNaN(Date.parse(at)) &&
    typeof step === 'string' &&
    (mode === 'binary' || mode === 'structured') &&
    typeof durationMs === 'number' &&
    (isAnswer(answer) || isFailure(failure))
  )
}

const callFrom = (line: string, place: string): Call => {
  try {
    const value = JSON.parse(line) as unknown
    if (isCall(value)) return value
  } catch {
    // Told as any other line that is no call.
  }
  throw new Failure(`${place}: expected a call as syncstep record writes it. Record it anew.`)
}

/**
 * The calls that `record`, `dev --record` or `send --save` kept, in their order. A last line that was cut off when its
 * writer was killed is left out.
 *
 * @throws Failure when the file cannot be read, or is no such file.
 */
export const readCalls = async (file: string): Promise<readonly Call[]> => {
  const text = await readText(file, 'recorded calls', mostBytes)
  const [first, ...lines] = text.split('\n')
  if (first !== head) {
    throw new Failure(
      `Expected ${file} to be written by syncstep record, syncstep dev --record or syncstep send --save.`,
    )
  }
  // What stands behind the last line break is empty, or was cut off.
  return lines.slice(0, -1).map((line, index) => callFrom(line, `${file}:${index + 2}`))
}
