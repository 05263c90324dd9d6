import { once } from 'node:events'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import { Failure } from './failure.ts'
import {
  callersFrom,
  coreAccessFrom,
  createHost,
  drainMs,
  loadStep,
  processCore,
  StepError,
  type AnyStep,
  type Callers,
  type FunctionOptions,
  type Host,
} from '#functions'
import type { Command } from './command.ts'
import { assertFile } from './files.ts'
import { logLevelFlag, logOf } from './log.ts'
import { readTypeScript, typeScriptAdvice } from './read-typescript.ts'
import { stepNameOf } from './step-name.ts'
import { openTracing, tracingVariables } from './tracing.ts'
import type { World } from './world.ts'

/** Serves one step over HTTP, as Knative runs it. */
export const functionCommand: Command = {
  parameters: [{ name: 'FILE', help: 'the module whose default export is the step' }],
  flags: {
    host: {
      kind: 'text',
      help: 'Address to listen on',
      default: '0.0.0.0',
      variable: 'SYNCSTEP_HOST',
    },
    port: { kind: 'port', help: 'Port to listen on', default: '8080', variable: 'PORT' },
    anyone: {
      kind: 'switch',
      help: 'Let everybody call who knows neither a token nor a secret; for development',
    },
    ...logLevelFlag,
  },
  variables: {
    SYNCSTEP_FUNCTION_TOKEN: 'Bearer token that callers must show; several while it is changed',
    SYNCSTEP_FUNCTION_SECRET: 'Secret by which callers sign instead, in base64; several too',
    SYNCSTEP_CORE_URL: 'Where the step reads and writes records when a call does not say it',
    SYNCSTEP_CORE_TOKEN: 'What it shows there',
    ...tracingVariables,
    K_SERVICE: 'Name of the function in its log, set by Knative; else the name of the file',
  },

  async run(input, world) {
    const { environment, cwd, stop } = world
    const file = path.resolve(cwd, input.parameter)
    await assertFile(file, 'the module of a step')
    const name = environment['K_SERVICE'] ?? stepNameOf(file)
    const log = logOf(world, input.text('log-level') ?? 'info')
    const module = await importStep(file)
    const step = stepOf(module, file)
    const callers = callersOf(environment, input.on('anyone'))
    const core = processCore(coreAccessFrom(environment))
    const tracing = await openTracing(world, log, name)
    const { tracer } = tracing
    const host = hostOf(step, { name, log, clock: world.clock, callers, core, tracer })
    const port = await listen(host, input.port('port'), input.text('host') ?? '')
    log.debug({ step: name, port }, 'Function is listening')
    if (!stop.aborted) await once(stop, 'abort')
    await host.close(drainMs)
    await tracing.close()
    return 0
  },
}

const callersOf = (environment: World['environment'], anyone: boolean): Callers => {
  const callers = anyone ? 'anyone' : callersFrom(environment)
  if (callers !== undefined) return callers
  throw new Failure(
    'Nobody could call this function. Set SYNCSTEP_FUNCTION_TOKEN or SYNCSTEP_FUNCTION_SECRET, which callers must know; in development, --anyone lets everybody call.',
  )
}

const hostOf = (step: AnyStep, options: FunctionOptions): Host => {
  try {
    return createHost(step, options)
  } catch (error) {
    throw error instanceof TypeError ? new Failure(error.message) : error
  }
}

const listen = async (server: Host, port: number, host: string): Promise<number> => {
  try {
    return (await server.listen(port, host)).port
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'
    throw new Failure(`Cannot listen on port ${port} of ${host}: ${code}. Set PORT or --port.`)
  }
}

const stepOf = (module: unknown, file: string): AnyStep => {
  try {
    return loadStep(module, file)
  } catch (error) {
    throw error instanceof StepError ? new Failure(error.message) : error
  }
}

const isUnreadable = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_UNKNOWN_FILE_EXTENSION'

/** Here the stack is for the user: it points into the user's own code. */
const importStep = async (file: string): Promise<unknown> => {
  readTypeScript(file)
  try {
    return await import(pathToFileURL(file).href)
  } catch (error) {
    if (isUnreadable(error)) {
      throw new Failure(
        `Cannot import ${file}: this Node.js reads TypeScript with ts-node only. ${typeScriptAdvice}`,
      )
    }
    const told = error instanceof Error ? (error.stack ?? error.message) : inspect(error)
    throw new Failure(`Cannot import ${file}:\n${told}`)
  }
}
