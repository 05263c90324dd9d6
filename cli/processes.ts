import { readFile } from 'node:fs/promises'
import type { Processes } from '#emulator'

const isRunning = (id: number): boolean => {
  try {
    process.kill(id, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** The fields of /proc/ID/stat from the third on; the second, its name, may hold anything. Undefined without /proc. */
const statFields = async (id: number): Promise<readonly string[] | undefined> => {
  const stat = await readFile(`/proc/${id}/stat`, 'utf8').catch(() => undefined)
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
}

/** Boot and start time name a process for good; where /proc is missing its id alone has to do. */
const startOf = async (id: number): Promise<string | undefined> => {
  if (!isRunning(id)) return undefined
  const fields = await statFields(id)
  if (fields === undefined) return ''
  const [state = '', ticksFromBoot = ''] = [fields[0], fields[19]]
  // A zombie was killed, and only waits for its parent to take notice.
  if (state === 'Z') return undefined
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')
  return `${boot.trim()}/${ticksFromBoot}`
}

export const systemProcesses: Processes = { ownId: process.pid, startOf }
