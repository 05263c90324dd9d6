import { spawnSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { root, syncstepArguments } from '../support/syncstep-command.ts'
import { copyTutorial } from './program.ts'

/** Runs `syncstep` to its end, as a shell does. */
const syncstep = (words: readonly string[], input = '') => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...syncstepArguments, ...words], {
    cwd: root,
    input,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
  })
  return { status, stdout, stderr }
}

const tutorialModels = async (): Promise<string> => {
  const tutorial = await copyTutorial('')
  onTestFinished(() => tutorial.remove())
  return path.relative(root, path.join(tutorial.project, 'models'))
}

test('models are written, checked, formatted and turned into types', async () => {
  const models = await tutorialModels()
  const file = path.join(models, 'hello-world.xproto')
  const text = await readFile(path.join(root, file), 'utf8')

  await writeFile(path.join(root, file), text.replace('(Service)', '(Sevice)'))
  expect(syncstep(['check', models])).toMatchObject({
    status: 1,
    stdout: expect.stringMatching(
      /^\S*hello-world\.xproto:\d+:\d+ XP_UNKNOWN_BASE: .*did you mean Service\?/m,
    ) as string,
    stderr: expect.stringMatching(/^\d mistakes?, .* in 1 file\n$/) as string,
  })

  await writeFile(path.join(root, file), text)
  expect(syncstep(['check', models])).toMatchObject({ status: 0 })
  expect(syncstep(['format', models])).toMatchObject({ status: 0 })
  expect(syncstep(['format', '--check', models])).toMatchObject({ status: 0, stdout: '' })
  expect(syncstep(['generate', 'types', models])).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('HelloWorldServiceInstance') as string,
  })
})

test('a text longer than a pipe holds reaches its other end whole', async () => {
  const wrong = 'message M { optional nothing f = 1; }\n'.repeat(1000)
  const told = syncstep(['check', '--format', 'json', '-'], wrong)

  expect(told.stdout.length).toBeGreaterThan(100_000)
  expect(JSON.parse(told.stdout)).toHaveLength(1000)
  expect(syncstep(['format', '-'], '?\n'.repeat(2000))).toMatchObject({
    status: 1,
    stdout: '',
    stderr: expect.stringMatching(/<stdin> is left as it is: 1000 mistakes\n$/) as string,
  })
})

test('a command line that is none ends with status 2', () => {
  expect(syncstep(['check'])).toMatchObject({ status: 2, stdout: '' })
})
