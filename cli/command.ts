import { parseArgs } from 'node:util'
import { UsageError } from './usage-error.ts'
import type { World } from './world.ts'

type Flag = {
  /** `switch` takes no value; a port is a whole number, 0 for any free one. */
  readonly kind: 'text' | 'port' | 'switch'
  readonly help: string
  readonly default?: string
  /** One letter that says the same: `o` for `-o`. */
  readonly short?: string
  /** What the help calls its value; else VALUE. */
  readonly value?: string
  /** The variable that says the same; the flag wins. */
  readonly variable?: string
}

export type Flags = Readonly<Record<string, Flag>>

type Parameter = {
  /** `DIR`; one that ends with dots, which is the last, may be given several times. */
  readonly name: string
  readonly help: string
  /** May be left out; those behind it may be, too. */
  readonly optional?: true
}

/** A command's words and variables, read and checked. */
export type Input = {
  /** In order; at least one for each that the command has and that may not be left out. */
  readonly parameters: readonly string[]
  /** The first of them; empty when there is none. */
  readonly parameter: string
  /** Undefined when neither given nor defaulted. */
  text(flag: string): string | undefined
  port(flag: string): number
  on(flag: string): boolean
}

export type Command = {
  /** What stands behind the command, in order. */
  readonly parameters: readonly Parameter[]
  readonly flags: Flags
  /** Variables without a flag, because they are secret or rarely set. */
  readonly variables: Readonly<Record<string, string>>
  /** What else the help lists, by title. */
  readonly lists?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Answers the exit status. */
  readonly run: (input: Input, world: World) => Promise<number>
}

const flagNames = ({ flags }: Command): readonly string[] =>
  Object.entries(flags)
    .flatMap(([name, { short }]) => [`--${name}`, ...(short === undefined ? [] : [`-${short}`])])
    .concat('--help')

const kindOf = (command: Command, name: string): Flag['kind'] | undefined =>
  name === 'help' ? 'switch' : Object.entries(command.flags).find(([key]) => key === name)?.[1].kind

type Words = {
  readonly values: ReadonlyMap<string, string>
  readonly parameters: readonly string[]
}

const readWords = (command: Command, words: readonly string[]): Words => {
  const help: Flag = { kind: 'switch', help: '' }
  const flags = Object.entries({ help, ...command.flags })
  const { tokens } = parseArgs({
    args: [...words],
    options: Object.fromEntries(
      flags.map(([name, { kind, short }]) => [
        name,
        {
          type: kind === 'switch' ? 'boolean' : 'string',
          ...(short === undefined ? {} : { short }),
        },
      ]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const values = new Map<string, string>()
  const parameters: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') parameters.push(token.value)
    if (token.kind !== 'option') continue
    const kind = kindOf(command, token.name)
    if (kind === undefined) {
      const word = token.rawName
      throw new UsageError(`Unknown flag ${word}.`, { word, known: flagNames(command) })
    }
    if (kind === 'switch' && token.value !== undefined) {
      throw new UsageError(`${token.rawName} takes no value, got "${token.value}".`)
    }
    if (kind !== 'switch' && token.value === undefined) {
      throw new UsageError(`Expected a value after ${token.rawName}.`)
    }
    values.set(token.name, token.value ?? 'true')
  }
  return { values, parameters }
}

const checkParameters = ({ parameters }: Command, given: readonly string[]): void => {
  const missing = parameters[given.length]
  if (missing !== undefined && missing.optional !== true) {
    throw new UsageError(`Expected ${missing.name}: ${missing.help}.`)
  }
  const surplus = given[parameters.length]
  const mayRepeat = parameters.at(-1)?.name.endsWith('...') === true
  if (surplus !== undefined && !mayRepeat) throw new UsageError(`Unexpected "${surplus}".`)
}

const portFrom = (flag: string, text: string): number => {
  const port = Number(text)
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port
  throw new UsageError(`Expected ${flag} to be a port from 0 to 65535, got "${text}".`)
}

const switchFrom = (flag: string, text: string): boolean => {
  if (['true', '1'].includes(text)) return true
  if (['false', '0'].includes(text)) return false
  throw new UsageError(`Expected ${flag} to be true or false, got "${text}".`)
}

/**
 * Reads the words behind a command. Undefined when they ask for help.
 *
 * @throws UsageError naming the word.
 */
export const readInput = (
  command: Command,
  words: readonly string[],
  environment: World['environment'],
): Input | undefined => {
  const { values, parameters } = readWords(command, words)
  if (values.has('help')) return undefined
  checkParameters(command, parameters)

  /** The value, and the name under which the user gave it. */
  const look = (name: string): readonly [string, string | undefined] => {
    const flag = command.flags[name]
    const value = values.get(name)
    if (flag === undefined || value !== undefined) return [`--${name}`, value]
    const { variable } = flag
    const fromVariable = variable === undefined ? '' : (environment[variable] ?? '')
    return variable === undefined || fromVariable === ''
      ? [`--${name}`, flag.default]
      : [variable, fromVariable]
  }

  const input: Input = {
    parameters,
    parameter: parameters[0] ?? '',
    text: (name) => look(name)[1],
    port: (name) => {
      const [source, value = ''] = look(name)
      return portFrom(source, value)
    },
    on: (name) => {
      const [source, value = 'false'] = look(name)
      return switchFrom(source, value)
    },
  }
  for (const [name, { kind }] of Object.entries(command.flags)) {
    if (kind === 'port') input.port(name)
    if (kind === 'switch') input.on(name)
  }
  return input
}

const table = (rows: readonly (readonly [string, string])[]): string => {
  const width = Math.max(0, ...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join('')
}

const flagRow = ([name, flag]: readonly [string, Flag]): readonly [string, string] => {
  const short = flag.short === undefined ? '' : `-${flag.short}, `
  const value = { text: ` ${flag.value ?? 'VALUE'}`, port: ' PORT', switch: '' }[flag.kind]
  const notes = [flag.variable, flag.default && `default ${flag.default}`].filter(Boolean)
  return [
    `${short}--${name}${value}`,
    notes.length === 0 ? flag.help : `${flag.help} (${notes.join(', ')})`,
  ]
}

const section = (rows: readonly (readonly [string, string])[], title?: string): string => {
  const heading = title === undefined ? '' : `${title}:\n`
  return rows.length === 0 ? '' : `\n${heading}${table(rows)}`
}

/** What `syncstep COMMAND --help` prints, below the usage and what the command is for. */
export const helpOf = ({ parameters, flags, variables, lists = {} }: Command): string =>
  [
    section(parameters.map(({ name, help }) => [name, help])),
    ...Object.entries(lists).map(([title, rows]) => section(Object.entries(rows), title)),
    section([...Object.entries(flags).map(flagRow), ['--help', 'Print this']], 'Flags'),
    section(Object.entries(variables), 'Environment'),
  ].join('')
