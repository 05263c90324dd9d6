import type { AddressInfo, Server } from 'node:net'
import { SetupError } from './setup-error.ts'

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'it is in use. Stop the other program, or choose another port with FLAG',
  EACCES: 'this user may not. Choose a port from 1024 up with FLAG',
  EADDRNOTAVAIL: 'this machine has no such address. Choose another host with --host',
  ENOTFOUND: 'this machine has no such address. Choose another host with --host',
}

/** What shall listen, where, and the flag that sets its port. */
export type Place = {
  readonly face: string
  readonly flag: string
  readonly port: number
  readonly host: string
}

export const cannotListen = ({ face, flag, port, host }: Place, error: unknown): SetupError => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'
  const why = Object.hasOwn(reasons, code)
    ? reasons[code]
    : `${code}. Choose another port with FLAG`
  const reason = why?.replace('FLAG', flag) ?? code
  return new SetupError(`Cannot listen on port ${port} of ${host} for ${face}: ${reason}.`)
}

/** Starts to listen. Answers the port, which is another than asked for only when that was 0. */
export const listeningOn = (server: Server, place: Place): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', (error) => reject(cannotListen(place, error)))
    server.listen(place.port, place.host, () => resolve((server.address() as AddressInfo).port))
  })
