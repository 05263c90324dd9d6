import { spawn, type ChildProcessByStdio } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import path from 'node:path'

/** The fixtures of clients: what their users would have written. */
export const clientsFolder = path.join(import.meta.dirname, '../clients')

/**
 * The clients keep files at fixed places of the machine: /var/run/xosapi, /tmp/xos_grpc_protos and, for what they trust,
 * below /usr/local/share. So each gets a view of the file system of its own, in which these are empty.
 */
const ownPlaces = `
set -e
mount -t tmpfs tmpfs /run
mkdir -p /tmp/xos_grpc_protos
mount -t tmpfs tmpfs /tmp/xos_grpc_protos
if [ -n "$TRUSTED" ]; then
  mount -t tmpfs tmpfs /usr/local/share
  mkdir /usr/local/share/ca-certificates
  printf '%s' "$TRUSTED" > /usr/local/share/ca-certificates/local_certs.crt
fi
unset TRUSTED
exec "$@"
`

export const unsharing = ['--map-root-user', '--mount', 'sh', '-c'] as const

export type PythonOptions = {
  /** A certificate in PEM that the client trusts. */
  readonly trusted?: string
  readonly cwd?: string
}

/** Runs a script with the environment's interpreter, in a view of the file system of its own. */
export const spawnPython = (
  python: string,
  words: readonly string[],
  { trusted = '', cwd = clientsFolder }: PythonOptions = {},
): ChildProcessByStdio<Writable, Readable, Readable> => {
  const { PATH = '' } = process.env
  // Clients call `python` by its name, also to start themselves anew.
  const env = {
    PATH: `${path.dirname(python)}${path.delimiter}${PATH}`,
    PYTHONUNBUFFERED: '1',
    PYTHONDONTWRITEBYTECODE: '1',
    TRUSTED: trusted,
  }
  return spawn('unshare', [...unsharing, ownPlaces, 'sh', python, ...words], {
    cwd,
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
}
