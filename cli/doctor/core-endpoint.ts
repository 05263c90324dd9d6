import { connect } from 'node:net'
import { note, ok, type Finding } from './finding.ts'

const waitMs = 2_000

const isReachable = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, timeout: waitMs })
    const end = (reached: boolean) => () => {
      socket.destroy()
      resolve(reached)
    }
    socket.once('connect', end(true))
    socket.once('error', end(false))
    socket.once('timeout', end(false))
  })

/** Whether somebody listens where `syncstep dispatcher` will look for its core. */
export const checkEndpoint = async (endpoint: string): Promise<Finding> => {
  const colon = endpoint.lastIndexOf(':')
  const host = endpoint.slice(0, colon).replace(/^\[|\]$/g, '')
  if (await isReachable(host, Number(endpoint.slice(colon + 1)))) {
    return ok(`The core at ${endpoint} can be reached`)
  }
  return note(
    `Nobody answers at ${endpoint}, the endpoint of config.yaml`,
    'syncstep dispatcher needs a core there; syncstep dev starts one itself.',
  )
}
