import { rm } from 'node:fs/promises'
import path from 'node:path'
import { durationMs } from '#contract'
import { fired, sleep } from '#emulator'
import { addressVariables, findAddress, projectFlag } from './calls/address.ts'
import { openRecorder, type Recorder, type Tally } from './calls/recorder.ts'
import type { Command, Input } from './command.ts'
import { counted } from './tell-diagnostics.ts'
import { UsageError } from './usage-error.ts'
import type { World } from './world.ts'

/** For calls under way when it ends. */
const graceMs = 5_000

const forFrom = (input: Input): number | undefined => {
  const text = input.text('for')
  if (text === undefined) return undefined
  const ms = durationMs(text)
  if (ms !== undefined && ms > 0) return ms
  throw new UsageError(`Expected --for to be a duration such as 5m, got "${text}".`)
}

const placeFrom = (input: Input, { cwd }: World): string => {
  const text = input.text('output')
  if (text !== undefined) return path.resolve(cwd, text)
  throw new UsageError('Expected --output FILE: where the calls are kept.')
}

/** `Recorded 3 calls of 2 records.` */
export const tallyText = ({ calls, records, others, surplus }: Tally): string =>
  [
    `Recorded ${counted(calls, 'call')} of ${counted(records, 'record')}.`,
    ...(others === 0 ? [] : [`${counted(others, 'request')} brought no change and went by.`]),
    ...(surplus === 0 ? [] : [`The file is full: ${counted(surplus, 'call')} more went by.`]),
  ].join(' ')

const untilOver = async (
  recorder: Recorder,
  forMs: number | undefined,
  { clock, stop }: World,
): Promise<void> => {
  try {
    await (forMs === undefined ? fired(stop) : sleep(clock, forMs, stop))
  } finally {
    await recorder.close(graceMs)
  }
}

/** Stands between a function and its callers, and keeps their calls. */
export const recordCommand: Command = {
  parameters: [
    {
      name: 'STEP|URL',
      help: 'a step of a running syncstep dev or of --project, or where a function is',
    },
  ],
  flags: {
    output: { kind: 'text', short: 'o', help: 'A new file for the calls', value: 'FILE' },
    for: { kind: 'text', help: 'How long; else until Ctrl-C', value: 'DURATION' },
    port: { kind: 'port', help: 'Port to be called at; 0 for any free one', default: '0' },
    host: { kind: 'text', help: 'Address to listen on; 0.0.0.0 for all', default: '127.0.0.1' },
    ...projectFlag,
  },
  variables: addressVariables,

  async run(input, world) {
    const forMs = forFrom(input)
    const file = placeFrom(input, world)
    const place = { port: input.port('port'), host: input.text('host') ?? '' }
    const address = await findAddress(input.parameter, input, world)
    const recorder = await openRecorder(file, world.clock)
    const begin = async (): Promise<void> => {
      const url = await recorder.inFrontOf(address.step, address.url, place)
      world.stdout.write(`Recording calls at ${url}, which go on to ${address.url}\n`)
    }
    await begin().catch(async (error: unknown) => {
      await recorder.close(0)
      await rm(file, { force: true })
      throw error
    })
    await untilOver(recorder, forMs, world)
    world.stdout.write(`${tallyText(recorder.tally())}\n`)
    return 0
  },
}
