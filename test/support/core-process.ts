import { onTestFinished } from 'vitest'
import { startCoreProcess, stopCore, type CoreOptions, type CoreProcess } from './started-core.ts'

export * from './started-core.ts'

/** As {@link startCoreProcess}, killed after the test. */
export const testCoreProcess = async (options: CoreOptions): Promise<CoreProcess> => {
  const core = await startCoreProcess(options)
  onTestFinished(() => stopCore(core))
  return core
}
