import { readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { systemProcesses } from '../../cli/processes.ts'
import { openDataFolder } from '../../emulator/data-folder.ts'
import { lockFolder } from '../../emulator/lock-folder.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** Processes by id and the time they started; what is not in here does not run. */
const machine = (running: ReadonlyMap<number, string>) => (ownId: number) => ({
  ownId,
  startOf: (id: number) => Promise.resolve(running.get(id)),
})

test('a folder belongs to one process, and to another once it is given back', async () => {
  const folder = await temporaryFolder()
  const process = machine(new Map([[1, 'a'], [2, 'b']])) // prettier-ignore
  const release = await lockFolder(folder, process(1))

  await expect(lockFolder(folder, process(2))).rejects.toThrow(
    `The data folder ${folder} is in use by process 1. Stop it, or choose another folder with --data.`,
  )
  await release()
  await expect(lockFolder(folder, process(2))).resolves.toBeDefined()
})

test('the same process does not take it twice', async () => {
  const folder = await temporaryFolder()
  const process = machine(new Map([[1, 'a']]))
  await lockFolder(folder, process(1))

  await expect(lockFolder(folder, process(1))).rejects.toThrow('in use by process 1')
})

test.each([
  ['was killed', new Map([[2, 'b']])],
  ['was killed, and another process has its id now', new Map([[1, 'later'], [2, 'b']])], // prettier-ignore
])('a folder whose holder %s is free', async (_what, running) => {
  const folder = await temporaryFolder()
  await lockFolder(folder, machine(new Map([[1, 'a']]))(1))

  await expect(lockFolder(folder, machine(running)(2))).resolves.toBeDefined()
})

test('a lock file that was cut off holds nothing', async () => {
  const folder = await temporaryFolder({ 'lock.7': '{"pid":' })

  await lockFolder(folder, machine(new Map([[1, 'a']]))(1))
  expect(await readdir(folder)).toEqual(['lock.8'])
})

test('however many want a folder at once, one at a time has it', async () => {
  const ids = [1, 2, 3, 4, 5, 6]
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...ids), { minLength: 2, maxLength: 12 }),
      fc.boolean(),
      async (order, releases) => {
        const folder = await temporaryFolder({ 'lock.3': '{"pid":99,"start":"dead"}' })
        const process = machine(new Map(ids.map((id) => [id, `start ${id}`])))
        let holders = 0
        let most = 0
        const take = async (id: number): Promise<void> => {
          const release = await lockFolder(folder, process(id)).catch(() => undefined)
          if (release === undefined) return
          holders += 1
          most = Math.max(most, holders)
          await readFile(path.join(folder, 'none')).catch(() => undefined)
          if (!releases) return
          holders -= 1
          await release()
        }
        await Promise.all(order.map(take))
        expect(most).toBe(1)
      },
    ),
    { numRuns: 50 },
  )
})

test('one who was slow to see that the holder is dead does not take the folder from a later one', async () => {
  const folder = await temporaryFolder({ 'lock.3': '{"pid":99,"start":"dead"}' })
  const process = machine(new Map([2, 3, 4].map((id) => [id, `start ${id}`])))
  let looksAtHolder = (): void => undefined
  const looking = new Promise<void>((resolve) => {
    looksAtHolder = resolve
  })
  let goOn = (): void => undefined
  const pause = new Promise<void>((resolve) => {
    goOn = resolve
  })
  const slow = lockFolder(folder, {
    ownId: 2,
    async startOf(id) {
      if (id !== 99) return process(2).startOf(id)
      looksAtHolder()
      await pause
      return undefined
    },
  })
  await looking
  const release = await lockFolder(folder, process(3))
  await release()
  await lockFolder(folder, process(4))
  goOn()

  await expect(slow).rejects.toThrow('in use by process 4')
})

test('this process is known to run, by its start; one that cannot be is not', async () => {
  const startOf = (id: number) => systemProcesses.startOf(id)
  const { ownId } = systemProcesses

  expect(await startOf(ownId)).toBe(await startOf(ownId))
  expect(await startOf(ownId)).not.toBe(await startOf(process.ppid))
  expect(await startOf(2 ** 30)).toBeUndefined()
})

test('a database that was half made when its process was killed is made anew', async () => {
  const folder = await temporaryFolder({ 'postgres/half': 'made' })
  const process = machine(new Map([[1, 'a']]))(1)
  const found: string[][] = []
  const open = async (directory: string): Promise<string> => {
    found.push(await readdir(directory).catch(() => []))
    return directory
  }

  const first = await openDataFolder(folder, process, open)
  await writeFile(path.join(folder, 'kept'), '')
  await first.release()
  expect(found).toEqual([[]])

  const whole = await temporaryFolder({ whole: '', 'postgres/all': 'of it' })
  await openDataFolder(whole, process, open)
  expect(found).toEqual([[], ['all']])
})

test('a database that does not open leaves the folder free, and says which', async () => {
  const folder = await temporaryFolder()
  const process = machine(new Map([[1, 'a']]))(1)
  const broken = () => Promise.reject(new Error('no such version'))

  await expect(openDataFolder(folder, process, broken)).rejects.toThrow(
    `Cannot open the data folder ${folder}: no such version. Choose another with --data, or remove it to start anew.`,
  )
  await expect(lockFolder(folder, process)).resolves.toBeDefined()
})
