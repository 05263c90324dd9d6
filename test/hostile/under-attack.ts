import { readFile } from 'node:fs/promises'
import { expect } from 'vitest'
import { startCoreProcess, stopCore, type CoreProcess } from '../support/core-process.ts'
import { until } from '../support/until.ts'
import { callerOf, readServices, type Calls, type RpcMethod } from './rpc.ts'

export type UnderAttack = CoreProcess & {
  readonly methods: readonly RpcMethod[]
  readonly calls: Calls
  /** Another client is served by each face now. */
  serves(): Promise<void>
  /** Bytes that the process holds. */
  memory(): Promise<number>
  close(): Promise<void>
}

const memoryOf = async (pid: number): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
}

/** A core in memory that forgives strangers their failed logins, and where a change of models cuts nobody off for long. */
export const openUnderAttack = async (): Promise<UnderAttack> => {
  const core = await startCoreProcess({
    data: 'memory',
    environment: { SYNCSTEP_SCHEMA_GRACE: '0s', SYNCSTEP_SCHEMA_PAUSE: '100ms' },
  })
  const calls = callerOf(core.ports.grpc)
  return {
    ...core,
    calls,
    methods: await readServices(core.ports.grpc),
    async serves() {
      expect((await core.rest('GET', 'core/sites')).status).toBe(200)
      const tosca = await fetch(`http://127.0.0.1:${core.ports.tosca}/`)
      expect(tosca.status).toBe(200)
      const live = await fetch(`http://127.0.0.1:${core.ports.health}/livez`)
      expect(live.status).toBe(200)
      await until('a call over gRPC to be answered', async () => {
        const { code } = await calls.send('/xos.utility/AuthenticatedNoOp', Buffer.alloc(0))
        return code === 0
      })
    },
    memory: () => memoryOf(core.program.pid),
    async close() {
      calls.close()
      await stopCore(core)
    },
  }
}
