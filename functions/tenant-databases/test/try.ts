/**
 * `npm run example:databases`: a PostgreSQL server of its own at the port that the sample names, and `syncstep dev`
 * beside it. Both keep nothing when they end.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { root, syncstepArguments } from '../../../test/support/syncstep-command.ts'
import { startDatabaseHost } from './database-host.ts'

const samplePort = 54329

const host = await startDatabaseHost(samplePort)
const { TENANT_DATABASES_PASSWORDS: passwords } = host.environment
console.log(
  `PostgreSQL listens at ${host.host}:${host.port}. Passwords of users are in ${passwords}`,
)

// Ctrl-C reaches dev as well: it is waited for.
process.on('SIGINT', () => undefined)
const dev = spawn(
  process.execPath,
  [
    ...syncstepArguments,
    'dev',
    'functions/tenant-databases',
    '--data',
    'memory',
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit', env: { ...process.env, ...host.environment } },
)
process.on('SIGTERM', () => void dev.kill('SIGTERM'))
const [status] = (await once(dev, 'close')) as readonly (number | null)[]
await host.stop()
process.exitCode = status ?? 1
