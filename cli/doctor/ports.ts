import { createServer } from 'node:net'
import type { World } from '../world.ts'
import { note, ok, type Finding } from './finding.ts'

type Port = { readonly face: string; readonly flag: string; readonly port: number }

/** Those that `dev` and `core` listen on unless they are told otherwise. */
const usualPorts: readonly Port[] = [
  { face: 'REST', flag: '--rest-port', port: 30006 },
  { face: 'TOSCA', flag: '--tosca-port', port: 30007 },
  { face: 'gRPC', flag: '--grpc-port', port: 50055 },
  { face: 'gRPC over TLS', flag: '--grpc-tls-port', port: 50051 },
  { face: 'health', flag: '--health-port', port: 30009 },
]

const host = '127.0.0.1'

/** Whether nobody listens there. */
const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, host, () => server.close(() => resolve(true)))
  })

/** Whether what listens on the health port is a core that is ready. */
const isReadyCore = async ({ ask, stop }: Pick<World, 'ask' | 'stop'>, port: number) => {
  const url = `http://${host}:${port}/readyz`
  const answer = await ask({ url, token: undefined }, stop).catch(() => undefined)
  return answer?.status === 200
}

/** Whether a core runs here, or can be started. */
export const checkPorts = async (
  world: Pick<World, 'ask' | 'stop'>,
  ports: readonly Port[] = usualPorts,
): Promise<readonly Finding[]> => {
  const states = await Promise.all(
    ports.map(async (one) => ({ ...one, free: await isFree(one.port) })),
  )
  const taken = states.filter(({ free }) => !free)
  if (taken.length === 0) {
    return [ok(`The ports of a core are free: ${ports.map(({ port }) => port).join(', ')}`)]
  }
  const health = taken.find(({ face }) => face === 'health')
  if (health !== undefined && (await isReadyCore(world, health.port))) {
    const url = `http://${host}:${health.port}/readyz`
    return [ok(`A core runs on this machine and is ready, as ${url} says`)]
  }
  return taken.map(({ face, flag, port }) =>
    note(
      `Port ${port}, which a core uses for ${face}, is taken by another program`,
      `Stop that, or give ${flag} to dev and core.`,
    ),
  )
}
