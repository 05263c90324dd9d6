import path from 'node:path'
import type { Flags, Input } from '../command.ts'
import { credentialsFrom, type Credentials } from '#contract'
import { Failure } from '../failure.ts'
import { loadProject } from '../project.ts'
import { isHttpUrl, stepUrl, stepUrlVariable } from '../step-url.ts'
import { UsageError } from '../usage-error.ts'
import type { World } from '../world.ts'
import { runningDevs, type RunningDev } from './running-dev.ts'

/** A function that is to be called. */
export type Address = {
  /** Its name for people: that of the step, else the host. */
  readonly step: string
  readonly url: string
  /** Shown to it. */
  readonly credentials: Credentials
  /** Absolute folder of the synchronizer that the step belongs to; undefined when only a URL is known. */
  readonly project: string | undefined
  /** What its configuration says of it; undefined: the function is asked. */
  readonly observes: string | undefined
  readonly include: readonly string[] | undefined
  /** `host:port` of the core that runs beside it, when that is known. */
  readonly server: string | undefined
}

export const projectFlag: Flags = {
  project: {
    kind: 'text',
    help: 'Folder of the synchronizer, with its config.yaml; else that of a running syncstep dev',
    value: 'DIR',
  },
}

export const addressVariables = {
  [stepUrlVariable]: 'Where steps without a url run, such as http://{step}.example.com/',
  SYNCSTEP_FUNCTION_TOKEN: 'Bearer token shown to the function; that of syncstep dev is known',
  SYNCSTEP_FUNCTION_SECRET: 'Secret that signs what is sent to it, in base64',
} as const

const addressOfUrl = (url: string, world: World): Address => ({
  step: new URL(url).host,
  url,
  credentials: credentialsFrom(world.environment),
  project: undefined,
  observes: undefined,
  include: undefined,
  server: undefined,
})

const stepsOf = ({ steps, project, server, token }: RunningDev): readonly Address[] =>
  Object.entries(steps).map(([step, { url, observes, include }]) => ({
    step,
    url,
    credentials: { token },
    project,
    observes,
    include,
    server,
  }))

const elsewhere = async (
  step: string,
  directory: string | undefined,
  world: World,
): Promise<Address> => {
  const loaded = directory === undefined ? undefined : await loadProject(world.cwd, directory)
  const known = loaded?.project.steps.map((each) => each.step) ?? []
  const found = loaded?.project.steps.find((each) => each.step === step)
  if (loaded !== undefined && found === undefined) {
    throw new UsageError(`Unknown step "${step}".`, { word: step, known })
  }
  const url = stepUrl({ step, url: found?.url }, world.environment[stepUrlVariable])
  if (url === undefined) {
    throw new Failure(
      `Where does the step ${step} run? Start syncstep dev in this folder, give its URL in place of its name, ` +
        `name the folder of the synchronizer with --project if its config.yaml has the url, or set ${stepUrlVariable}.`,
    )
  }
  return {
    step,
    url,
    credentials: credentialsFrom(world.environment),
    project: loaded?.project.folder,
    observes: found?.observes,
    include: found?.include,
    server: undefined,
  }
}

/**
 * Finds the function that a word names: a URL, or a step, which a running `syncstep dev` serves, or the configuration or
 * the environment places. Without a word it is the only step of what runs.
 *
 * @throws UsageError or Failure saying how to name it.
 */
export const findAddress = async (
  word: string | undefined,
  input: Input,
  world: World,
): Promise<Address> => {
  if (word !== undefined && isHttpUrl(word)) return addressOfUrl(word, world)
  const directory = input.text('project')
  const folder = directory === undefined ? undefined : path.resolve(world.cwd, directory)
  const devs = await runningDevs(world)
  const steps = devs
    .filter(({ project }) => folder === undefined || project === folder)
    .flatMap(stepsOf)
  const found = word === undefined ? steps : steps.filter(({ step }) => step === word)
  const [only, ...others] = found
  if (only === undefined) {
    if (word !== undefined) return elsewhere(word, directory, world)
    throw new UsageError('Expected STEP or URL: no syncstep dev runs in this folder.')
  }
  if (others.length === 0) return only
  const names = found.map(({ step }) => step)
  throw new UsageError(
    word === undefined
      ? `Which step? Here run ${names.join(', ')}.`
      : `The step ${word} runs ${names.length} times here. Say with --project which synchronizer is meant.`,
  )
}
