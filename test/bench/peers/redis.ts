import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { freePort } from '../../../emulator/free-port.ts'
import { eachLine } from '../../../emulator/lines.ts'
import { withFolder } from '../places.ts'

/** `Redis 7.0.15`; undefined, with the reason told, where it does not run. */
export const redisVersion = (): string | undefined => {
  const { status, stdout, error } = spawnSync('redis-server', ['--version'], { encoding: 'utf8' })
  if (status === 0) return `Redis ${/v=(\S+)/.exec(stdout)?.[1] ?? ''}`
  console.log(
    `Without BullMQ, because redis-server does not run here: ${error?.message ?? 'it failed'}. ` +
      'Debian has it in the package redis-server.',
  )
  return undefined
}

/** A server of its own, that has each write on disk before it answers. */
export const withRedis = <T>(work: (url: string, pid: number) => Promise<T>): Promise<T> =>
  withFolder(async (folder) => {
    const port = await freePort('127.0.0.1')
    const place = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder]
    const durable = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', '']
    const child = spawn('redis-server', [...place, ...durable], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(child, 'close')
    await new Promise<void>((resolve, reject) => {
      eachLine(child.stdout, (line) => {
        if (line.includes('Ready to accept connections')) resolve()
      })
      void ended.then(() => reject(new Error('redis-server ended')))
    })
    try {
      return await work(`redis://127.0.0.1:${port}`, child.pid ?? 0)
    } finally {
      child.kill('SIGKILL')
      await ended
    }
  })
