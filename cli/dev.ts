import path from 'node:path'
import {
  fired,
  sleep,
  startEmulator,
  type Emulator,
  type Log,
  type Ports,
  type Project,
} from '#emulator'
import { openRecorder, type Recorder } from './calls/recorder.ts'
import { announceDev } from './calls/running-dev.ts'
import type { Command, Input } from './command.ts'
import { adminVariable, coreFlags, coreSettings, coreVariables } from './core-settings.ts'
import { developmentAdmin } from './development-admin.ts'
import { readEmulatorSettings } from './emulator-settings.ts'
import { openDevScreen, type DevScreen } from './dev-screen.ts'
import { listFiles } from './files.ts'
import { keepTypes } from './keep-types.ts'
import { logLevelFlag, logOf } from './log.ts'
import { loadProject, noteCoreVersion, type LoadedProject } from './project.ts'
import { tallyText } from './record.ts'
import { sourceFolders } from './source-folders.ts'
import { openTracing } from './tracing.ts'
import type { World } from './world.ts'

/** What the program promises: after this long it ends, whatever still runs. */
const stopWithinMs = 5_000

/** A recipe of the project to try, when it has one. */
const sampleOf = async (folder: string, directory: string): Promise<string | undefined> => {
  const names = await listFiles(path.join(folder, 'samples'), 'samples').catch(() => [])
  const recipe = names.find((name) => /\.ya?ml$/.test(name))
  return recipe === undefined ? undefined : path.join(directory, 'samples', recipe)
}

const urlsText = (
  host: string,
  { rest, tosca, grpc, grpcTls, health }: Ports,
  { namespace, port }: { readonly namespace: string; readonly port: number | undefined },
): string =>
  [
    '',
    `  REST    http://${host}:${rest}/xosapi/v1/`,
    `  TOSCA   http://${host}:${tosca}/run`,
    `  gRPC    ${host}:${grpc}`,
    `  TLS     ${host}:${grpcTls}`,
    `  health  http://${host}:${health}/readyz`,
    ...(port === undefined
      ? []
      : [`  steps   http://127.0.0.1:${port}/ with Host NAME.${namespace}.svc.cluster.local`]),
    '',
    '',
  ].join('\n')

const hintText = (tosca: number, sample: string, world: World): string => {
  const { email, password } = developmentAdmin
  const given = (world.environment[adminVariable] ?? '') !== ''
  const shown = given ? `$${adminVariable}` : password
  return [
    '  Create the records of the sample from another terminal:',
    '',
    `  curl -H "xos-username: ${email}" -H "xos-password: ${shown}" -X POST ` +
      `--data-binary @${sample} http://localhost:${tosca}/run`,
    '',
    '',
  ].join('\n')
}

/** Status 1, five seconds after the program was asked to end. */
const lateEnd = async ({ stop, clock }: World): Promise<number> => {
  await fired(stop)
  await sleep(clock, stopWithinMs, new AbortController().signal)
  return 1
}

/** Everything in one terminal: for writing and trying steps. */
export const devCommand: Command = {
  parameters: [{ name: 'DIR', help: 'the folder of the synchronizer, with its config.yaml' }],
  flags: {
    ...coreFlags,
    record: {
      kind: 'text',
      help: 'Keep all calls of the steps in a new file, for syncstep replay',
      value: 'FILE',
    },
    ...logLevelFlag,
  },
  variables: {
    [adminVariable]: 'Password of the first user, admin@opencord.org; else letmein',
    ...coreVariables,
  },

  run: (input, world) => Promise.race([runOnScreen(input, world), lateEnd(world)]),
}

/** Types are for steps in TypeScript; nobody else's folder is written to. */
const typesKeptFor = async (
  { project, modelsDir }: LoadedProject,
  world: World,
  log: Log,
): Promise<() => void> =>
  modelsDir !== undefined && project.steps.some(({ file }) => file?.endsWith('.ts') === true)
    ? keepTypes(modelsDir, world, log)
    : () => undefined

const recorderFor = async (input: Input, world: World): Promise<Recorder | undefined> => {
  const file = input.text('record')
  return file === undefined ? undefined : openRecorder(path.resolve(world.cwd, file), world.clock)
}

/** Lets other commands find the steps. Answers how to take that back. */
const announce = (
  { ports, steps, token }: Emulator,
  project: Project,
  host: string,
  world: World,
): Promise<() => Promise<void>> => {
  const places = project.steps.flatMap(({ step, url: elsewhere, observes, include }) => {
    const url = steps.get(step) ?? elsewhere
    return url === undefined ? [] : [[step, { url, observes, include }] as const]
  })
  const server = `${host}:${ports.grpc}`
  const known = { project: project.folder, server, steps: Object.fromEntries(places), token }
  return announceDev(known, world)
}

const runOnScreen = async (input: Input, world: World): Promise<number> => {
  const screen = openDevScreen(world)
  try {
    return await runUntilStopped(input, { ...world, stdout: screen.output }, screen)
  } finally {
    screen.close()
  }
}

const runUntilStopped = async (input: Input, world: World, screen: DevScreen): Promise<number> => {
  const { stop, spawnStep, ask, watch, random, cwd } = world
  const directory = input.parameter
  const loaded = await loadProject(cwd, directory)
  const { project, database, logLevel, coreVersion } = loaded
  const log = logOf(world, input.text('log-level') ?? logLevel, true)
  noteCoreVersion(log, coreVersion)
  const letTypesBe = await typesKeptFor(loaded, world, log)
  const tracing = await openTracing(world, log, 'syncstep')
  const choice = { development: true, database, tracer: tracing.tracer }
  const knative = await readEmulatorSettings(project, directory)
  const settings = await coreSettings(input, world, log, choice)
  const recorder = await recorderFor(input, world)
  const emulator = await startEmulator(
    {
      ...settings,
      publicUrl: settings.publicUrl ?? 'own',
      // Requests would drown what the steps say, and who stops it at a keyboard does not want to wait.
      tellsRequests: false,
      graceMs: 500,
      project,
      spawn: spawnStep,
      ask,
      watch,
      random,
      sourceFolders: await sourceFolders(project.folder),
      knative,
      inFrontOf: recorder?.inFrontOf,
    },
    stop,
  )
  if (emulator.hasSteps && !stop.aborted) {
    const takeBack = await announce(emulator, project, settings.host, world)
    world.stdout.write(
      urlsText(settings.host, emulator.ports, {
        namespace: knative.namespace,
        port: emulator.stepsPort,
      }),
    )
    const sample = await sampleOf(project.folder, directory)
    if (sample !== undefined) world.stdout.write(hintText(emulator.ports.tosca, sample, world))
    screen.follow(emulator)
    await fired(stop)
    await takeBack()
  }
  if (stop.aborted) log.info({}, 'Stopping')
  letTypesBe()
  await emulator.stop()
  if (recorder !== undefined) {
    await recorder.close(0)
    log.info({}, tallyText(recorder.tally()))
  }
  await tracing.close()
  return 0
}
