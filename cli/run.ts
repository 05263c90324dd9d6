import { helpOf, readInput } from './command.ts'
import { isForUser } from './failure.ts'
import { UsageError } from './usage-error.ts'
import { packageVersion } from './version.ts'
import type { World } from './world.ts'

/** Each command's code is loaded when it is called: a function must start without the core. */
const commands = [
  {
    usage: 'dev DIR',
    summary: 'Run a synchronizer on this machine: core, dispatcher and one process per step',
    load: async () => (await import('./dev.ts')).devCommand,
  },
  {
    usage: 'core',
    summary: 'Run the core: records, REST, TOSCA and gRPC',
    load: async () => (await import('./core.ts')).coreCommand,
  },
  {
    usage: 'dispatcher DIR',
    summary: 'Dispatch the changes of a core to the functions of a synchronizer',
    load: async () => (await import('./dispatcher.ts')).dispatcherCommand,
  },
  {
    usage: 'function FILE',
    summary: 'Serve one step over HTTP',
    load: async () => (await import('./function.ts')).functionCommand,
  },
  {
    usage: 'check PATH...',
    summary: 'Look for mistakes in models',
    load: async () => (await import('./check.ts')).checkCommand,
  },
  {
    usage: 'format PATH...',
    summary: 'Bring the text of models into its one form',
    load: async () => (await import('./format.ts')).formatCommand,
  },
  {
    usage: 'generate TARGET PATH...',
    summary: 'Write what follows from models: types, API descriptions, drawings',
    load: async () => (await import('./generate.ts')).generateCommand,
  },
  {
    usage: 'conform [URL]',
    summary: 'Check whether a function in any language keeps the function contract',
    load: async () => (await import('./conform.ts')).conformCommand,
  },
  {
    usage: 'schema NAME',
    summary: 'Write what functions are sent and what they answer as JSON Schema',
    load: async () => (await import('./schema.ts')).schemaCommand,
  },
  {
    usage: 'init NAME',
    summary: 'Make the folder of a new service, which runs and is tested at once',
    load: async () => (await import('./init.ts')).initCommand,
  },
  {
    usage: 'new KIND NAME',
    summary: 'Add a step and its test to a service',
    load: async () => (await import('./new.ts')).newCommand,
  },
  {
    usage: 'doctor [DIR]',
    summary: 'Say what is missing or wrong on this machine and in a service',
    load: async () => (await import('./doctor.ts')).doctorCommand,
  },
  {
    usage: 'send [STEP|URL]',
    summary: 'Call a step with a record, as a dispatcher would, and show what comes of it',
    load: async () => (await import('./send.ts')).sendCommand,
  },
  {
    usage: 'record STEP|URL',
    summary: 'Keep the calls of a step in a file while they go on',
    load: async () => (await import('./record.ts')).recordCommand,
  },
  {
    usage: 'replay FILE',
    summary: 'Call a step again as it was recorded, and show what it answers otherwise',
    load: async () => (await import('./replay.ts')).replayCommand,
  },
  {
    usage: 'get MODEL[/ID]',
    summary: 'Show records of a core',
    load: async () => (await import('./get.ts')).getCommand,
  },
  {
    usage: 'describe MODEL/ID',
    summary: 'Show all there is to know of a record',
    load: async () => (await import('./describe.ts')).describeCommand,
  },
  {
    usage: 'why MODEL[/ID]',
    summary: 'Say why a record is not synced',
    load: async () => (await import('./why.ts')).whyCommand,
  },
  {
    usage: 'create MODEL FIELD=VALUE...',
    summary: 'Create a record',
    load: async () => (await import('./create.ts')).createCommand,
  },
  {
    usage: 'set MODEL/ID FIELD=VALUE...',
    summary: 'Change fields of a record',
    load: async () => (await import('./set.ts')).setCommand,
  },
  {
    usage: 'delete MODEL[/ID]',
    summary: 'Delete records',
    load: async () => (await import('./delete.ts')).deleteCommand,
  },
  {
    usage: 'apply -f FILE',
    summary: 'Create and update what a recipe or a file of records describes',
    load: async () => (await import('./apply.ts')).applyCommand,
  },
  {
    usage: 'resync MODEL[/ID]',
    summary: 'Let the steps of records run again although nothing changed',
    load: async () => (await import('./resync.ts')).resyncCommand,
  },
  {
    usage: 'retry MODEL[/ID]',
    summary: 'Let records that failed or were put off run now',
    load: async () => (await import('./retry.ts')).retryCommand,
  },
  {
    usage: 'release MODEL/ID --reason TEXT',
    summary: 'Let a deleted record go whose delete step can never succeed',
    load: async () => (await import('./release.ts')).releaseCommand,
  },
  {
    usage: 'events [ACTION] [ID...]',
    summary: 'Show events for steps that died, let them run again or discard them',
    load: async () => (await import('./events.ts')).eventsCommand,
  },
  {
    usage: 'backup FILE',
    summary: 'Write all that a core keeps to a file',
    load: async () => (await import('./backup.ts')).backupCommand,
  },
  {
    usage: 'restore FILE',
    summary: 'Replace all that a core keeps by what a backup holds',
    load: async () => (await import('./restore.ts')).restoreCommand,
  },
] as const

const nameOf = ({ usage }: { readonly usage: string }): string => usage.split(' ')[0] ?? usage

const widest = Math.max(...commands.map(({ usage }) => usage.length))

const overview = (): string =>
  [
    'Usage: syncstep COMMAND [flags]\n\n',
    ...commands.map(({ usage, summary }) => `  ${usage.padEnd(widest + 2)}${summary}\n`),
    '\n  --version       Print the version',
    '\n  --help          Print this; behind a command, its flags\n',
  ].join('')

const findCommand = (name: string | undefined): (typeof commands)[number] => {
  if (name === undefined) throw new UsageError('Expected a command.')
  const entry = commands.find((candidate) => nameOf(candidate) === name)
  if (entry !== undefined) return entry
  const known = [...commands.map(nameOf), '--help', '--version']
  const kind = name.startsWith('-') ? 'flag' : 'command'
  throw new UsageError(`Unknown ${kind} "${name}".`, { word: name, known })
}

const runWords = async (world: World): Promise<number> => {
  const [name, ...words] = world.words
  if (name === '--help' || name === 'help') {
    world.stdout.write(overview())
    return 0
  }
  if (name === '--version') {
    world.stdout.write(`${await packageVersion()}\n`)
    return 0
  }
  const { usage, summary, load } = findCommand(name)
  const command = await load()
  const input = readInput(command, words, world.environment)
  if (input !== undefined) return command.run(input, world)
  world.stdout.write(`Usage: syncstep ${usage} [flags]\n\n${summary}\n${helpOf(command)}`)
  return 0
}

/** The nearest known word. Loaded when it is needed, as the commands are. */
const hintAt = async ({ unknown }: UsageError): Promise<string> => {
  if (unknown === undefined) return ''
  const { suggestion } = await import('./suggestion.ts')
  return ` ${suggestion(unknown.word, unknown.known)}`
}

/**
 * Runs what the command line says. Answers the exit status: 0 done, 1 failed, 2 not a known command line.
 *
 * What the user can repair is told in one message; only a fault of the program itself shows its stack.
 */
export const run = async (world: World): Promise<number> => {
  const say = (text: string): void => world.stderr.write(`${text}\n`)
  try {
    return await runWords(world)
  } catch (error) {
    if (error instanceof UsageError) {
      const [name = ''] = world.words
      const known = commands.some((command) => nameOf(command) === name)
      const hint = await hintAt(error)
      say(`${error.message}${hint}\nSee: syncstep ${known ? `${name} ` : ''}--help`)
      return 2
    }
    if (isForUser(error)) say(error.message)
    else say(error instanceof Error ? (error.stack ?? error.message) : String(error))
    return 1
  }
}
