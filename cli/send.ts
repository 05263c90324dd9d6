import path from 'node:path'
import { isDelivery, type Change, type Delivery, type Mode } from '#contract'
import { addressVariables, findAddress, projectFlag, type Address } from './calls/address.ts'
import { aftermathOf } from './calls/aftermath.ts'
import { createCallsFile, type CallsFile } from './calls/calls-file.ts'
import { createCaller, type Call, type Caller } from './calls/call.ts'
import { deadlineFlag, deadlineFrom } from './calls/deadline.ts'
import { mostAtOnce, paced } from './calls/pace.ts'
import { eventFlags } from './calls/event-source.ts'
import { sourceFlags } from './calls/source-flags.ts'
import { openSource, type Source } from './calls/source.ts'
import { callJson, callLine, callText, requestJson, requestText, summaryOf } from './calls/told.ts'
import type { Command, Flags, Input } from './command.ts'
import { connectionFlags, connectionVariables } from './client/connection.ts'
import { formOf, outputFlags, print } from './client/print.ts'
import { counted } from './tell-diagnostics.ts'
import { UsageError } from './usage-error.ts'
import type { World } from './world.ts'

const ownFlags: Flags = {
  mode: {
    kind: 'text',
    help: 'How the event is written: binary or structured',
    value: 'MODE',
    default: 'binary',
  },
  count: {
    kind: 'text',
    help: 'How many calls; else one for each change, and one that is made up',
    value: 'NUMBER',
  },
  rate: {
    kind: 'text',
    help: 'How many calls begin in a second; else one after the other',
    value: 'NUMBER',
  },
  'dry-run': { kind: 'switch', help: 'Show what would be sent, and send nothing' },
  save: {
    kind: 'text',
    help: 'Keep the calls for records in a new file, for --replay and syncstep replay',
    value: 'FILE',
  },
}

/** Unlike for other commands, the core is that beside the step. */
const serverFlag: Flags = {
  server: {
    kind: 'text',
    short: 's',
    help: 'The core of --record; else that of a running syncstep dev, else 127.0.0.1:50055',
    value: 'HOST:PORT',
    variable: 'SYNCSTEP_SERVER',
  },
}

const modeFrom = (input: Input): Mode => {
  const text = input.text('mode') ?? ''
  if (text === 'binary' || text === 'structured') return text
  throw new UsageError(`Expected --mode to be binary or structured, got "${text}".`)
}

const mostCalls = 1_000_000

const numberFrom = (input: Input, flag: string, pattern: RegExp): number | undefined => {
  const text = input.text(flag)
  if (text === undefined) return undefined
  const number = pattern.test(text) ? Number(text) : 0
  if (number > 0 && number <= mostCalls) return number
  throw new UsageError(
    `Expected --${flag} to be a number above 0, at most ${mostCalls}, got "${text}".`,
  )
}

type Sending = {
  readonly address: Address
  readonly source: Source
  readonly caller: Caller
  readonly count: number
  readonly perSecond: number | undefined
  readonly file: CallsFile | undefined
}

const tellRequests = (
  { source, caller, count, address: { url } }: Sending,
  input: Input,
  world: World,
): number => {
  const messages = Array.from({ length: count }, () => caller.messageFor(source.next()))
  const [first, ...others] = messages.map((message) => requestJson(message, url))
  print(world, formOf(input), others.length === 0 ? first : [first, ...others], () =>
    messages.map((message) => requestText(message, url)).join('\n'),
  )
  return 0
}

const isWell = (kind: string): boolean => ['synced', 'in-progress', 'deferred'].includes(kind)

const send = async (sending: Sending, input: Input, world: World): Promise<number> => {
  const { address, source, caller, count, perSecond, file } = sending
  const { clock, stdout, stderr, stop } = world
  const form = formOf(input)
  const kinds: string[] = []
  const durations: number[] = []
  const shown: object[] = []
  let unsaved = 0

  const tell = (call: Call<Change | Delivery>): void => {
    const { change } = call
    const writable = isDelivery(change) ? undefined : source.writable(change.model)
    kinds.push(aftermathOf(call, writable).outcome.kind)
    durations.push(call.durationMs)
    if (form !== 'table') shown.push(callJson(call, address.url, writable))
    else if (count > 1) stdout.write(callLine(call, writable))
    else stdout.write(callText(call, address.url, writable))
  }

  const begin = async (): Promise<void> => {
    const call = await caller.call(source.next(), stop)
    // What was cut off because the user stops says nothing of the function.
    if (stop.aborted) return
    tell(call)
    const { change } = call
    if (file === undefined || isDelivery(change)) return
    if (!(await file.add({ ...call, change }))) unsaved += 1
  }

  await paced({ count, perSecond, clock }, begin, stop)
  if (form !== 'table') print(world, form, count > 1 ? shown : shown[0], () => '')
  else if (count > 1) stdout.write(summaryOf(kinds, durations))
  if (unsaved > 0)
    stderr.write(`The file of --save is full: ${counted(unsaved, 'call')} are not in it.\n`)
  return kinds.length === count && kinds.every(isWell) ? 0 : 1
}

/** Calls a function with a change or an event, as a dispatcher would, and shows what that would have written. */
export const sendCommand: Command = {
  parameters: [
    {
      name: 'STEP|URL',
      help: 'a step of a running syncstep dev or of --project, or where a function is',
      optional: true,
    },
  ],
  flags: {
    ...sourceFlags,
    ...eventFlags,
    ...ownFlags,
    ...projectFlag,
    ...outputFlags,
    ...connectionFlags,
    ...serverFlag,
    ...deadlineFlag,
  },
  variables: { ...addressVariables, ...connectionVariables },

  async run(input, world) {
    formOf(input)
    const options = {
      mode: modeFrom(input),
      timeoutMs: deadlineFrom(input),
      connections: mostAtOnce,
      clock: world.clock,
    }
    const asked = numberFrom(input, 'count', /^\d{1,7}$/)
    const perSecond = numberFrom(input, 'rate', /^\d{1,7}(\.\d{1,3})?$/)
    const address = await findAddress(input.parameters[0], input, world)
    const source = await openSource(input, world, address)
    const caller = createCaller({ ...options, address })
    const place = input.text('save')
    const isDry = input.on('dry-run')
    const file =
      place === undefined || isDry
        ? undefined
        : await createCallsFile(path.resolve(world.cwd, place))
    const count = asked ?? source.count ?? 1
    const sending = { address, source, caller, count, perSecond, file }
    try {
      return isDry ? tellRequests(sending, input, world) : await send(sending, input, world)
    } finally {
      await file?.close()
      await caller.close()
    }
  },
}
