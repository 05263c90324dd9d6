import { expect, test } from 'vitest'
import { readEmulatorSettings } from '../../cli/emulator-settings.ts'
import { loadProject } from '../../cli/project.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const read = async (emulator?: string) => {
  const folder = await temporaryFolder({
    'config.yaml': 'name: colours\nsteps_dir: steps\nfunctions: { mix: { concurrency: 3 } }\n',
    'steps/mix.ts': '',
    'steps/paint.ts': '',
    ...(emulator === undefined ? {} : { 'emulator.yaml': emulator }),
  })
  const { project } = await loadProject(folder, '.')
  return readEmulatorSettings(project, '.')
}

test('without a file each step has one process that always runs and takes what it is sent', async () => {
  const { namespace, port, steps } = await read()

  expect({ namespace, port }).toEqual({ namespace: 'colours', port: 0 })
  expect([...steps.keys()]).toEqual(['mix', 'paint'])
  expect(steps.get('mix')).toEqual({
    containerConcurrency: 3,
    timeoutMs: 300_000,
    minScale: 1,
    maxScale: 1,
    targetUtilizationPercentage: 70,
    targetBurstCapacity: 211,
    windowMs: 60_000,
    retentionMs: 0,
    coldStartMs: 0,
    faults: [],
  })
})

test('what a step says counts more than the defaults of the file, and they more than ours', async () => {
  const { namespace, port, seed, steps } = await read(`
    namespace: studio
    port: 30008
    seed: 7
    defaults: { minScale: 0, maxScale: 4, window: 6s, scaleToZeroPodRetentionPeriod: 1m }
    steps:
      paint:
        containerConcurrency: 1
        timeoutSeconds: 60
        maxScale: 0
        targetUtilizationPercentage: 50
        targetBurstCapacity: 0
        coldStart: 2s
        faults:
          - { fault: status, probability: 0.1, status: 502 }
          - { fault: delay, probability: 0.2, delay: 500ms }
          - { fault: hang, probability: 1 }`)

  expect({ namespace, port, seed }).toEqual({ namespace: 'studio', port: 30008, seed: 7 })
  expect(steps.get('mix')).toMatchObject({ containerConcurrency: 3, minScale: 0, maxScale: 4 })
  expect(steps.get('paint')).toEqual({
    containerConcurrency: 1,
    timeoutMs: 60_000,
    minScale: 0,
    maxScale: 0,
    targetUtilizationPercentage: 50,
    targetBurstCapacity: 0,
    windowMs: 6_000,
    retentionMs: 60_000,
    coldStartMs: 2_000,
    faults: [
      { fault: 'status', probability: 0.1, delayMs: 1_000, status: 502 },
      { fault: 'delay', probability: 0.2, delayMs: 500, status: 503 },
      { fault: 'hang', probability: 1, delayMs: 1_000, status: 503 },
    ],
  })
})

test.each([
  ['prot: 1', 'emulator.yaml:1:1: Unknown key "prot". Did you mean "port"?'],
  [
    'steps: { paint: { minscale: 0 } }',
    'emulator.yaml:1:19: Unknown key "minscale" in steps.paint. Did you mean "minScale"?',
  ],
  [
    'defaults: { faults: [{ fault: rest, probability: 1 }] }',
    'emulator.yaml:1:31: Expected defaults.faults.0.fault to be one of delay, status, hang, reset, lost-answer, got "rest".',
  ],
  [
    'steps: { pain: {} }',
    'emulator.yaml: steps.pain has no file in steps_dir. Did you mean "paint"?',
  ],
  ['defaults: { minScale: 2 }', 'emulator.yaml: minScale of mix is above its maxScale, 1.'],
])('%s is refused', async (text, message) => {
  await expect(read(text)).rejects.toThrow(message)
})
