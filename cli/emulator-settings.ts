import path from 'node:path'
import { defaultServing, type KnativeSettings, type Project, type ServingSettings } from '#emulator'
import { ajv, checkedYaml } from './checked-yaml.ts'
import { emulatorSchema, type EmulatorFile, type ServingFile } from './emulator.schema.ts'
import { Failure } from './failure.ts'
import { readTextIfAny } from './files.ts'
import { ms } from './settings.ts'
import { suggestion } from './suggestion.ts'

const parseEmulator = checkedYaml(ajv.compile<EmulatorFile>(emulatorSchema))

/** Of a fault that does not say it. */
const delay = '1s'
const status = 503

const servingOf = (file: ServingFile, otherwise: ServingSettings): ServingSettings => ({
  containerConcurrency: file.containerConcurrency ?? otherwise.containerConcurrency,
  timeoutMs: file.timeoutSeconds === undefined ? otherwise.timeoutMs : file.timeoutSeconds * 1_000,
  minScale: file.minScale ?? otherwise.minScale,
  maxScale: file.maxScale ?? otherwise.maxScale,
  targetUtilizationPercentage:
    file.targetUtilizationPercentage ?? otherwise.targetUtilizationPercentage,
  targetBurstCapacity: file.targetBurstCapacity ?? otherwise.targetBurstCapacity,
  windowMs: file.window === undefined ? otherwise.windowMs : ms(file.window),
  retentionMs: ms(file.scaleToZeroPodRetentionPeriod ?? 0),
  coldStartMs: ms(file.coldStart ?? 0),
  faults: (file.faults ?? []).map((each) => ({
    fault: each.fault,
    probability: each.probability,
    delayMs: ms(each.delay ?? delay),
    status: each.status ?? status,
  })),
})

/**
 * Reads the emulator.yaml of a synchronizer, when it has one.
 *
 * @param directory the folder as the user named it
 * @throws Failure naming the place of each mistake, or steps that have no file.
 */
export const readEmulatorSettings = async (
  { name, folder, steps }: Project,
  directory: string,
): Promise<KnativeSettings> => {
  const file = path.join(directory, 'emulator.yaml')
  const text = await readTextIfAny(path.join(folder, 'emulator.yaml'))
  const read = text === undefined || text.trim() === '' ? {} : parseEmulator(text, file)
  const local = steps.filter((step) => step.file !== undefined)
  const names = local.map(({ step }) => step)
  const own = new Map(Object.entries(read.steps ?? {}))
  for (const step of own.keys()) {
    if (names.includes(step)) continue
    throw new Failure(`${file}: steps.${step} has no file in steps_dir. ${suggestion(step, names)}`)
  }
  const settingsOf = ({ step, settings }: Project['steps'][number]): ServingSettings => {
    const serving = servingOf({ ...read.defaults, ...own.get(step) }, defaultServing(settings))
    if (serving.maxScale === 0 || serving.minScale <= serving.maxScale) return serving
    throw new Failure(`${file}: minScale of ${step} is above its maxScale, ${serving.maxScale}.`)
  }
  return {
    namespace: read.namespace ?? name,
    port: read.port ?? 0,
    seed: read.seed ?? 1,
    steps: new Map(local.map((step) => [step.step, settingsOf(step)])),
  }
}
