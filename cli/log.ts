import { pino, stdTimeFunctions, type Logger } from 'pino'
import { prettyFactory } from 'pino-pretty'
import { hasColours } from './colours.ts'
import type { Flags } from './command.ts'
import { logLevels } from './config.schema.ts'
import { UsageError } from './usage-error.ts'
import type { Output, World } from './world.ts'

export type LogOptions = {
  readonly level: string
  /** Lines for people instead of JSON. */
  readonly readable: boolean
  readonly colours: boolean
}

const shown = (value: unknown): string =>
  typeof value === 'string' && /^[\w./:@+-]+$/.test(value) ? value : JSON.stringify(value)

const stackOf = (value: unknown): string | undefined => {
  if (typeof value !== 'object' || value === null || !('stack' in value)) return undefined
  return typeof value.stack === 'string' ? value.stack : undefined
}

/** What leads to other logs and to traces would drown what a person reads. */
const forPrograms = ['event_id', 'trace_id', 'span_id']

/** `Synced object  model_name=HelloWorldService pk=1`; the stack of an error on lines of its own. */
const messageWithFields = (
  entry: Readonly<Record<string, unknown>>,
  messageKey: string,
): string => {
  const own = new Set([...forPrograms, 'level', 'time', messageKey])
  const pairs = Object.entries(entry).filter(([name]) => !own.has(name))
  const short = pairs.filter(([, value]) => stackOf(value) === undefined && value !== undefined)
  const stacks = pairs.map(([, value]) => stackOf(value)).filter((stack) => stack !== undefined)
  const texts = short.map(([name, value]) => `${name}=${shown(value)}`)
  const line = [
    String(entry[messageKey]),
    ...(texts.length > 0 ? [`  ${texts.join(' ')}`] : []),
  ].join('')
  return [line, ...stacks].join('\n')
}

const readableLines = (output: Output, colorize: boolean) => {
  const print = prettyFactory({
    colorize,
    translateTime: 'SYS:HH:MM:ss.l',
    hideObject: true,
    messageFormat: messageWithFields,
  })
  return { write: (line: string) => output.write(print(line)) }
}

/** A logger that writes one line per entry to the output, before the call returns. */
export const createLog = (output: Output, { level, readable, colours }: LogOptions): Logger =>
  pino(
    { level, base: null, timestamp: stdTimeFunctions.isoTime },
    readable ? readableLines(output, colours) : output,
  )

export const logLevelFlag: Flags = {
  'log-level': {
    kind: 'text',
    help: `${logLevels.join(', ')}; else logging.level of config.yaml, else info`,
    variable: 'SYNCSTEP_LOG_LEVEL',
  },
}

/** Readable lines for people, JSON for programs; `dev` is for people in any case. */
export const logOf = (world: World, level: string, alwaysReadable = false): Logger => {
  const { stdout } = world
  if (!(logLevels as readonly string[]).includes(level)) {
    throw new UsageError(`Expected --log-level to be ${logLevels.join(', ')}, got "${level}".`)
  }
  const colours = hasColours(stdout, world)
  return createLog(stdout, { level, readable: alwaysReadable || stdout.isTerminal, colours })
}
