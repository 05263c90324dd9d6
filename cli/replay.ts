import path from 'node:path'
import { changeKey, keyText, observedModel, type Mode, type Outcome } from '#contract'
import { describeFunction } from '#emulator'
import { addressVariables, findAddress, projectFlag, type Address } from './calls/address.ts'
import { createCaller, outcomeOfCall, type Call, type Caller } from './calls/call.ts'
import { readCalls } from './calls/calls-file.ts'
import { deadlineFlag, deadlineFrom } from './calls/deadline.ts'
import { differencesBetween, type Difference } from './calls/differences.ts'
import type { Command } from './command.ts'
import { formOf, outputFlags, print, tableOf } from './client/print.ts'
import { Failure } from './failure.ts'
import { counted } from './tell-diagnostics.ts'
import { UsageError } from './usage-error.ts'
import type { World } from './world.ts'

/** A recorded call that the function answered otherwise now. */
type Changed = {
  /** Its line in the file. */
  readonly line: number
  readonly call: Call
  readonly now: Outcome
  readonly differences: readonly Difference[]
}

/** A call with its line in the file. */
type Numbered = { readonly line: number; readonly call: Call }

const numbered = (calls: readonly Call[]): readonly Numbered[] =>
  // The first line says what the file is.
  calls.map((call, index) => ({ line: index + 2, call }))

type Against = {
  readonly callers: Readonly<Record<Mode, Caller>>
  /** What may differ. */
  readonly ignored: ReadonlySet<string>
}

/** The model of the function; undefined when it does not say it, and everything is replayed. */
const observedBy = async (
  { url, credentials, observes }: Address,
  { ask, stop }: World,
): Promise<string | undefined> => {
  if (observes !== undefined) return observes
  const description = await describeFunction(ask, { url, ...credentials }, stop).catch(
    () => undefined,
  )
  return description && observedModel(description)
}

const replayed = async (
  calls: readonly Numbered[],
  { callers, ignored }: Against,
  stop: AbortSignal,
): Promise<{ readonly count: number; readonly changed: readonly Changed[] }> => {
  const changed: Changed[] = []
  let count = 0
  for (const { line, call } of calls) {
    const again = await callers[call.mode].call(call.change, stop)
    if (stop.aborted) break
    if ('failure' in again && again.failure.kind === 'no-connection') {
      throw new Failure(`No connection to the function: ${again.failure.detail}. Start it.`)
    }
    count += 1
    // Texts name the function, which is called as it was called there.
    const now = outcomeOfCall({ ...again, step: call.step })
    const differences = differencesBetween(outcomeOfCall(call), now, ignored)
    if (differences.length > 0) changed.push({ line, call, now, differences })
  }
  return { count, changed }
}

const nameOf = ({ change }: Call): string => keyText(changeKey(change))

const shown = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value))

const differencesText = (changed: readonly Changed[]): string => {
  if (changed.length === 0) return ''
  const rows = changed.flatMap(({ line, call, differences }) =>
    differences.map(({ what, recorded, now }) => [
      line,
      nameOf(call),
      call.change.operation,
      what,
      shown(recorded),
      shown(now),
    ]),
  )
  return `${tableOf(['line', 'record', 'operation', 'what', 'recorded', 'now'], rows, true)}\n`
}

const changedJson = ({ line, call, now, differences }: Changed): object => ({
  line,
  record: nameOf(call),
  operation: call.change.operation,
  recorded: outcomeOfCall(call),
  now,
  differences,
})

/** Calls a function again as it was called when calls were recorded, and shows what it answers otherwise. */
export const replayCommand: Command = {
  parameters: [{ name: 'FILE', help: 'what record, dev --record or send --save wrote' }],
  flags: {
    against: {
      kind: 'text',
      help: 'The function: a step of a running syncstep dev or of --project, or its URL',
      value: 'STEP|URL',
    },
    ignore: {
      kind: 'text',
      help: 'What may differ, as text,retry_after,feedback.seen_at; feedback for all of it',
      value: 'NAMES',
    },
    ...projectFlag,
    ...outputFlags,
    ...deadlineFlag,
  },
  variables: addressVariables,

  async run(input, world) {
    const form = formOf(input)
    const timeoutMs = deadlineFrom(input)
    const word = input.text('against')
    if (word === undefined) {
      throw new UsageError('Expected --against STEP or URL: the function that is called again.')
    }
    const calls = numbered(await readCalls(path.resolve(world.cwd, input.parameter)))
    const address = await findAddress(word, input, world)
    const model = await observedBy(address, world)
    const own = calls.filter(({ call }) => model === undefined || call.change.model === model)
    const ignored = new Set((input.text('ignore') ?? '').split(',').filter((name) => name !== ''))
    const options = { address, timeoutMs, connections: 1, clock: world.clock }
    const callers = {
      binary: createCaller({ ...options, mode: 'binary' }),
      structured: createCaller({ ...options, mode: 'structured' }),
    }
    const { count, changed } = await replayed(own, { callers, ignored }, world.stop).finally(() =>
      Promise.all(Object.values(callers).map((caller) => caller.close())),
    )
    const foreign = calls.length - own.length
    print(world, form, changed.map(changedJson), () =>
      [
        differencesText(changed),
        `${counted(count, 'call')} replayed: ${changed.length} answered otherwise, ${count - changed.length} the same.`,
        ...(foreign === 0 ? [] : [` ${counted(foreign, 'call')} of other models left out.`]),
        '\n',
      ].join(''),
    )
    return changed.length === 0 && count === own.length ? 0 : 1
  },
}
