import { expect, test } from 'vitest'
import { restartOnChange } from '../../emulator/restart-on-change.ts'
import { createManualClock } from '../support/manual-clock.ts'

const start = () => {
  const clock = createManualClock()
  const restarts: string[] = []
  const watched = new Map<string, (file: string) => void>()
  const steps = new Map(
    ['paint', 'mix'].map((step) => [
      `/project/steps/${step}.ts`,
      { restart: () => void restarts.push(step) },
    ]),
  )
  const stop = restartOnChange({
    folders: ['/project/steps', '/project/lib'],
    steps,
    clock,
    watch: (folder, onChange) => {
      watched.set(folder, onChange)
      return () => void watched.delete(folder)
    },
  })
  const change = (file: string): void => watched.get('/project/lib')?.(file)
  return { clock, restarts, watched, change, stop }
}

test('a step starts again once its file has been quiet for 50 ms', async () => {
  const { clock, restarts, change } = start()
  change('/project/steps/paint.ts')
  await clock.advance(49)
  change('/project/steps/paint.ts')
  await clock.advance(49)
  expect(restarts).toEqual([])

  await clock.advance(1)
  expect(restarts).toEqual(['paint'])
})

test('all steps start again when a file changes that any of them may import', async () => {
  const { clock, restarts, change } = start()
  change('/project/lib/colours.ts')
  change('/project/steps/mix.ts')
  await clock.advance(50)

  expect(restarts).toEqual(['paint', 'mix'])
})

test.each(['/project/lib/colours.test.ts', '/project/lib/test-colours.ts', '/project/notes.md'])(
  '%s is no reason to start again',
  async (file) => {
    const { clock, restarts, change } = start()
    change(file)
    await clock.advance(1_000)

    expect(restarts).toEqual([])
  },
)

test('after its end nothing is watched and nothing starts again', async () => {
  const { clock, restarts, watched, change, stop } = start()
  change('/project/steps/paint.ts')
  stop()
  await clock.advance(1_000)

  expect(restarts).toEqual([])
  expect(watched.size).toBe(0)
})
