import path from 'node:path'
import {
  credentialsFrom,
  durationMs,
  kindNames,
  type Description,
  type SyncDescription,
} from '#contract'
import {
  checkNames,
  countOf,
  reportJson,
  reportJunit,
  resultText,
  runChecks,
  summaryText,
  type CheckResult,
  type Report,
  type Sample,
  type Samples,
} from '#conformance'
import { changesIn } from './calls/changes-in.ts'
import { madeUpChange } from './calls/made-up.ts'
import type { Command, Input } from './command.ts'
import { compatFlag, compileFiles } from './compile-files.ts'
import { Failure } from './failure.ts'
import { readText } from './files.ts'
import { exchangeWith } from './http-exchange.ts'
import { startCommand, wordsOf, type CommandProcess } from './start-command.ts'
import { isHttpUrl } from './step-url.ts'
import { tellDiagnostics, verdictOn } from './tell-diagnostics.ts'
import { UsageError } from './usage-error.ts'
import type { World } from './world.ts'
import { readXproto } from './xproto-files.ts'

/** What is written as checks end, and once all have ended. */
type Form = {
  readonly each: (result: CheckResult) => string
  readonly whole: (report: Report) => string
}

const forms: Readonly<Record<string, Form>> = {
  text: { each: resultText, whole: () => '' },
  json: {
    each: () => '',
    whole: (report) => `${JSON.stringify(reportJson(report), undefined, 2)}\n`,
  },
  junit: { each: () => '', whole: reportJunit },
}

const formFrom = (input: Input): Form => {
  const name = input.text('output') ?? ''
  const form = Object.entries(forms).find(([known]) => known === name)?.[1]
  if (form !== undefined) return form
  throw new UsageError(`Expected --output to be text, json or junit, got "${name}".`)
}

const skipFrom = (input: Input): ReadonlySet<string> => {
  const known = checkNames.map(({ id }) => id)
  const words = (input.text('skip') ?? '').split(',').filter((word) => word !== '')
  const unknown = words.find((word) => !known.includes(word))
  if (unknown === undefined) return new Set(words)
  throw new UsageError(`Unknown check "${unknown}".`, { word: unknown, known })
}

const timeoutFrom = (input: Input): number => {
  const timeoutMs = durationMs(input.text('timeout') ?? '')
  if (timeoutMs !== undefined && timeoutMs > 0) return timeoutMs
  throw new UsageError('Expected --timeout to be a duration such as 30s.')
}

const urlFrom = (text: string): string => {
  if (isHttpUrl(text)) return text
  throw new UsageError(`Expected URL to be an http url, got "${text}".`)
}

/** The function, and who it lets in. */
type Subject = {
  readonly url: string
  readonly token: string | undefined
  readonly process: CommandProcess | undefined
}

/** Settings of this program are not for the function. */
const foreign = ({ environment }: World): World['environment'] =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('SYNCSTEP_')))

const freeUrl = async (): Promise<string> => {
  // Loads the core, of which nothing else here has any need.
  const { freePort } = await import('#emulator')
  return `http://127.0.0.1:${await freePort('127.0.0.1')}/`
}

const portOf = (url: string): string => {
  const { port, protocol } = new URL(url)
  if (port !== '') return port
  return protocol === 'https:' ? '443' : '80'
}

const startSubject = async (line: string, given: string, world: World): Promise<Subject> => {
  const url = given === '' ? await freeUrl() : urlFrom(given)
  const token =
    credentialsFrom(world.environment).token ?? Buffer.from(world.randomBytes(24)).toString('hex')
  const process = startCommand(wordsOf(line), world.cwd, {
    ...foreign(world),
    PORT: portOf(url),
    K_SERVICE: 'conform',
    K_CONFIGURATION: 'conform',
    K_REVISION: 'conform-00001',
    SYNCSTEP_FUNCTION_TOKEN: token,
  })
  return { url, token, process }
}

const subjectFrom = async (input: Input, world: World): Promise<Subject> => {
  const line = input.text('command')
  const url = input.parameter
  if (line !== undefined) {
    if (wordsOf(line).length > 0) return startSubject(line, url, world)
    throw new UsageError('Expected --command to name a program, got nothing.')
  }
  if (url === '') {
    throw new UsageError('Expected URL, where the function is, or --command, which starts it.')
  }
  const { token } = credentialsFrom(world.environment)
  return { url: urlFrom(url), token, process: undefined }
}

const sampleOf = ({ model, record, expanded }: Sample): Sample => ({ model, record, expanded })

const readSample = async (cwd: string, file: string): Promise<Sample> => {
  const text = await readText(path.resolve(cwd, file), 'a record')
  const leftOut = { operation: undefined, model: undefined }
  const [change, ...others] = changesIn(text, file, leftOut)
  if (change !== undefined && others.length === 0) return sampleOf(change)
  throw new Failure(`Expected one record in ${file}, got ${others.length + 1}.`)
}

/** Between the least and the most of everything: the same record each time. */
const always = (): number => 0.5

/** A function that says nothing of itself may be one. */
const requireSyncStep = (description: Description | undefined): SyncDescription | undefined => {
  if (description === undefined || description.kind === 'sync') return description
  const { one } = kindNames[description.kind]
  throw new Failure(`Only sync steps are checked, and this function says that its kind is ${one}.`)
}

const madeUpSample = async (
  folder: string,
  description: SyncDescription | undefined,
  input: Input,
  world: World,
): Promise<Sample> => {
  if (description === undefined) {
    throw new Failure(
      'The function does not say with GET what it observes. Give a record of its model with --record.',
    )
  }
  const { observes, include } = description
  const given = await readXproto([folder], world)
  const { schema, diagnostics, sources } = await compileFiles(given, input)
  if (schema === undefined) {
    tellDiagnostics(diagnostics, sources, world.stderr, world)
    throw new Failure(`Nothing is checked: ${verdictOn(diagnostics)}.`)
  }
  const model = schema.model(observes)
  if (model === undefined || model.abstract) {
    throw new Failure(`Expected the model ${observes}, which the function observes, in ${folder}.`)
  }
  return sampleOf(madeUpChange(schema, model, { operation: 'sync', include, random: always }))
}

type MakeSamples = (description: Description | undefined) => Promise<Samples>

/** Files are read before anything is called; what is made up waits for what the function says of itself. */
const samplesFrom = async (input: Input, world: World): Promise<MakeSamples> => {
  const read = async (flag: string): Promise<Sample | undefined> => {
    const file = input.text(flag)
    return file === undefined ? undefined : readSample(world.cwd, file)
  }
  const [given, deferred, refused] = [
    await read('record'),
    await read('deferred'),
    await read('refused'),
  ]
  const folder = input.text('models')
  if (given !== undefined) {
    return async (description) => {
      requireSyncStep(description)
      return { synced: given, deferred, refused }
    }
  }
  if (folder === undefined) {
    throw new UsageError(
      'Expected --record FILE, a record that the function can sync, or --models DIR, by which one is made up.',
    )
  }
  return async (description) => ({
    synced: await madeUpSample(folder, requireSyncStep(description), input, world),
    deferred,
    refused,
  })
}

const tellOutput = ({ process }: Subject, { stderr }: World): void => {
  const output = process?.lastOutput().trimEnd() ?? ''
  if (output !== '') stderr.write(`The function said last:\n${output}\n`)
}

/** Checks whether a function in any language keeps the function contract. */
export const conformCommand: Command = {
  parameters: [
    {
      name: 'URL',
      help: 'where the function is; with --command it may be left out',
      optional: true,
    },
  ],
  flags: {
    command: {
      kind: 'text',
      value: 'LINE',
      help: 'Start the function so, with PORT set, and check how it ends, too; without a shell',
    },
    record: {
      kind: 'text',
      value: 'FILE',
      help: 'A record that the function brings about, or a change of it, in YAML or JSON',
    },
    models: {
      kind: 'text',
      value: 'DIR',
      help: 'Models by which such a record is made up, instead of --record',
    },
    deferred: { kind: 'text', value: 'FILE', help: 'A record that the function puts off' },
    refused: { kind: 'text', value: 'FILE', help: 'A record that the function will never do' },
    skip: { kind: 'text', value: 'CHECK,...', help: 'Checks that do not count' },
    timeout: {
      kind: 'text',
      value: 'DURATION',
      help: 'How long the function has for an answer',
      default: '30s',
    },
    output: {
      kind: 'text',
      short: 'o',
      value: 'text|json|junit',
      help: 'For people, for programs, or for what collects results of tests',
      default: 'text',
    },
    ...compatFlag,
  },
  variables: {
    SYNCSTEP_FUNCTION_TOKEN:
      'Bearer token that the function knows; --command makes one up, and tells it to the function',
  },
  lists: { Checks: Object.fromEntries(checkNames.map(({ id, says }) => [id, says])) },

  async run(input, world) {
    const { stdout, stderr, clock, stop } = world
    const form = formFrom(input)
    const skip = skipFrom(input)
    const timeoutMs = timeoutFrom(input)
    const samplesFor = await samplesFrom(input, world)
    const subject = await subjectFrom(input, world)
    try {
      const report = await runChecks({
        ...subject,
        http: exchangeWith(subject.url),
        clock,
        timeoutMs,
        stop,
        samplesFor,
        skip,
        onResult: (result) => stdout.write(form.each(result)),
      })
      if (stop.aborted) throw new Failure('Interrupted.')
      stdout.write(form.whole(report))
      const isFailed = countOf(report, 'failed') > 0
      if (isFailed) tellOutput(subject, world)
      stderr.write(`${summaryText(report)}\n`)
      return isFailed ? 1 : 0
    } finally {
      subject.process?.kill()
    }
  },
}
