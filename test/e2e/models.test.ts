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
  expect(syncstep(['generate', 'types', models])).toMatchObject({ status: 1, stdout: '' })

  await writeFile(path.join(root, file), text)
  expect(syncstep(['check', models])).toMatchObject({ status: 0 })
  expect(syncstep(['format', models])).toMatchObject({ status: 0 })
  expect(syncstep(['format', '--check', models])).toMatchObject({ status: 0, stdout: '' })
  expect(syncstep(['generate', 'types', models])).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('HelloWorldServiceInstance') as string,
  })
})

test('a long text reaches the other end of a pipe whole', async () => {
  const core = await readFile(path.join(root, 'xproto/models/core.xproto'), 'utf8')

  expect(syncstep(['format', '-'], core)).toEqual({ status: 0, stdout: core, stderr: '' })
  expect(syncstep(['check', '-'], core)).toMatchObject({ status: 0, stdout: '' })
})

test('a command line that is none ends with status 2', () => {
  expect(syncstep(['check'])).toMatchObject({ status: 2, stdout: '' })
})
