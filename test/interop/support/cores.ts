import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startCoreProcess, stopCore, type CoreProcess } from '../../support/core-process.ts'

export type InteropCore = Pick<CoreProcess, 'rest' | 'recipe' | 'ports'> & {
  /** The certificate of its development authority, in PEM. */
  trusted(): Promise<string>
  /** `localhost:PORT` of the gRPC port with and without TLS. */
  readonly secure: string
  readonly insecure: string
  /** Kills the core without a word, and starts it on the same data and ports. */
  killAndStart(): Promise<void>
  close(): Promise<void>
}

/** Long enough for a synchronizer to notice, whose rounds are 5 s apart. */
const environment = { SYNCSTEP_SCHEMA_GRACE: '500ms', SYNCSTEP_SCHEMA_PAUSE: '6s' }

/** A core in a folder of its own, which is gone once it is closed. */
export const openInteropCore = async (): Promise<InteropCore> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'syncstep-interop-'))
  const data = path.join(folder, 'data')
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true, maxRetries: 5 })
  try {
    let core = await startCoreProcess({ data, environment })
    const { ports } = core
    return {
      ports,
      rest: (...request) => core.rest(...request),
      recipe: (...request) => core.recipe(...request),
      trusted: () => readFile(path.join(data, 'certificates/ca.pem'), 'utf8'),
      secure: `localhost:${ports.grpcTls}`,
      insecure: `localhost:${ports.grpc}`,
      async killAndStart() {
        await stopCore(core)
        core = await startCoreProcess({ data, environment, ports })
      },
      async close() {
        await stopCore(core)
        await remove()
      },
    }
  } catch (error) {
    await remove()
    throw error
  }
}
