import { createServer, type AddressInfo } from 'node:net'
import { appendFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { copyTutorial, runProgram, type Program } from './program.ts'

const freePorts = ['rest', 'tosca', 'grpc', 'grpc-tls', 'health'].flatMap((face) => [
  `--${face}-port`,
  '0',
])

const tutorialCopy = async () => {
  const tutorial = await copyTutorial('')
  onTestFinished(() => tutorial.remove())
  return tutorial
}

const run = (words: readonly string[]): Program => {
  const program = runProgram(words)
  onTestFinished(async () => {
    program.kill('SIGKILL')
    await program.exit
  })
  return program
}

test('a mistake in the models is shown with its place, and nothing is left running', async () => {
  const { project, data } = await tutorialCopy()
  const models = path.join(project, 'models/hello-world.xproto')
  await appendFile(models, '\nmessage Broken (Sevice) {\n}\n')
  const program = run(['dev', project, '--data', data, ...freePorts])

  expect(await program.exit).toBe(1)
  expect(program.stderr()).toMatch(/hello-world\.xproto:\d+:\d+.*Sevice/)
  expect(program.stderr()).toMatch(/\^/)
  expect(program.stderr()).not.toMatch(/^\s+at /m)
  expect(program.count('Step is ready')).toBe(0)
})

test('a required model that nobody defines is named', async () => {
  const { project, data } = await tutorialCopy()
  const config = 'name: hello-world\nsteps_dir: steps\nrequired_models: [HelloWorldService]\n'
  await writeFile(path.join(project, 'config.yaml'), config)
  const program = run(['dev', project, '--data', data, ...freePorts])

  expect(await program.exit).toBe(1)
  expect(program.stderr()).toBe('required_models: missing HelloWorldService\n')
})

test('a port in use is named, with the flag that chooses another', async () => {
  const { project, data } = await tutorialCopy()
  const other = createServer()
  onTestFinished(() => void other.close())
  const port = await new Promise<number>((resolve) => {
    other.listen(0, '127.0.0.1', () => resolve((other.address() as AddressInfo).port))
  })
  for (const face of ['rest', 'grpc', 'health']) {
    const program = run(['dev', project, '--data', data, ...freePorts, `--${face}-port`, String(port)]) // prettier-ignore

    expect(await program.exit).toBe(1)
    expect(program.stderr()).toBe(
      `Cannot listen on port ${port} of 127.0.0.1 for ${face}: it is in use. ` +
        `Stop the other program, or choose another port with --${face}-port.\n`,
    )
  }
})

test('without steps there is nothing to run', async () => {
  const { project, data } = await tutorialCopy()
  await rm(path.join(project, 'steps'), { recursive: true })
  await writeFile(path.join(project, 'config.yaml'), 'name: hello-world\nmodels_dir: models\n')
  const program = run(['dev', project, '--data', data, ...freePorts])

  expect(await program.exit).toBe(0)
  await program.said(/No sync steps, no policies, and no event steps\. Synchronizer exiting\./)
})

test('Ctrl-C while it starts ends it too', async () => {
  const { project } = await tutorialCopy()
  const program = run(['dev', project, '--data', 'memory', ...freePorts])
  await program.said(/Loading sync steps/)
  program.kill('SIGINT')

  expect(await program.exit).toBe(0)
})
