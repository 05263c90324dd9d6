import { once } from 'node:events'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { Failure } from './failure.ts'
import { createHost, loadStep, StepError, type Host, type Step } from '#functions'
import type { Command } from './command.ts'
import { assertFile } from './files.ts'
import { logLevelFlag, logOf } from './log.ts'
import { stepNameOf } from './step-name.ts'

/** Longer than any call that is worth finishing; Knative kills at `timeoutSeconds` in any case. */
const drainMs = 30_000

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
    ...logLevelFlag,
  },
  variables: {
    SYNCSTEP_FUNCTION_TOKEN: 'Bearer token that callers must show',
    K_SERVICE: 'Name of the function in its log, set by Knative; else the name of the file',
  },

  async run(input, world) {
    const { environment, cwd, stop } = world
    const file = path.resolve(cwd, input.parameter)
    await assertFile(file, 'the module of a step')
    const name = environment['K_SERVICE'] ?? stepNameOf(file)
    const log = logOf(world, input.text('log-level') ?? 'info')
    const module = await importStep(file)
    const token = environment['SYNCSTEP_FUNCTION_TOKEN'] ?? ''
    const host = createHost(stepOf(module, file), {
      name,
      log,
      clock: world.clock,
      ...(token === '' ? {} : { token }),
    })
    const port = await listen(host, input.port('port'), input.text('host') ?? '')
    log.debug({ step: name, port }, 'Function is listening')
    if (!stop.aborted) await once(stop, 'abort')
    await host.close(drainMs)
    return 0
  },
}

const listen = async (server: Host, port: number, host: string): Promise<number> => {
  try {
    return (await server.listen(port, host)).port
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'
    throw new Failure(`Cannot listen on port ${port} of ${host}: ${code}. Set PORT or --port.`)
  }
}

const stepOf = (module: unknown, file: string): Step => {
  try {
    return loadStep(module, file)
  } catch (error) {
    throw error instanceof StepError ? new Failure(error.message) : error
  }
}

/** Here the stack is for the user: it points into the user's own code. */
const importStep = async (file: string): Promise<unknown> => {
  try {
    return await import(pathToFileURL(file).href)
  } catch (error) {
    const told = error instanceof Error ? (error.stack ?? error.message) : String(error)
    throw new Failure(`Cannot import ${file}:\n${told}`)
  }
}
