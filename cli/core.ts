import { createClosers, fired, startCore } from '#emulator'
import type { Command } from './command.ts'
import { adminVariable, coreFlags, coreSettings, coreVariables } from './core-settings.ts'
import { logLevelFlag, logOf } from './log.ts'
import { openTracing } from './tracing.ts'

/** Keeps the records and answers clients; dispatchers take work from it. */
export const coreCommand: Command = {
  parameters: [],
  flags: {
    ...coreFlags,
    development: {
      kind: 'switch',
      help: 'Let the first user have the well-known password',
      variable: 'SYNCSTEP_DEVELOPMENT',
    },
    ...logLevelFlag,
  },
  variables: {
    [adminVariable]: 'Password of the first user, admin@opencord.org',
    ...coreVariables,
  },

  async run(input, world) {
    const log = logOf(world, input.text('log-level') ?? 'info')
    const development = input.on('development')
    const tracing = await openTracing(world, log, 'syncstep-core')
    const closers = createClosers(log)
    closers.add('traces', () => tracing.close())
    try {
      const choice = { development, database: undefined, tracer: tracing.tracer }
      const settings = await coreSettings(input, world, log, choice)
      const { ports } = await startCore(settings, closers)
      log.info({ host: settings.host, ...ports }, 'Core is ready')
      await fired(world.stop)
      log.info({}, 'Core is stopping')
    } finally {
      await closers.closeAll()
    }
    return 0
  },
}
