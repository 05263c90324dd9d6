import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { adminEmail, adminPassword } from '../support/core-process.ts'

/** Ten models, three deep: in what each of their records stands. */
const homes = {
  Farm: undefined,
  Barn: 'Farm',
  Field: 'Farm',
  Pond: 'Farm',
  Cow: 'Barn',
  Hen: 'Barn',
  Pea: 'Field',
  Bean: 'Field',
  Frog: 'Pond',
  Duck: 'Pond',
} as const satisfies Readonly<Record<string, string | undefined>>

export type ModelName = keyof typeof homes

export const modelNames = Object.keys(homes) as readonly ModelName[]

/** The models whose records stand in one of this model. */
export const inhabitantsOf = (model: ModelName): readonly ModelName[] =>
  modelNames.filter((name) => homes[name] === model)

/** The field by which a record names the one that it stands in. */
export const linkOf = (model: ModelName): string | undefined => homes[model]?.toLowerCase()

const messageOf = (model: ModelName, place: number): string => {
  const home = homes[model]
  const link =
    home === undefined
      ? ''
      : `required manytoone ${home.toLowerCase()}->${home}:${model.toLowerCase()}s = 2:${1001 + place};`
  return `message ${model} (XOSBase) { required int32 value = 1 [default = 0]; ${link} }`
}

export const farmModels = `
option name = "farm";
option app_label = "farm";
${modelNames.map(messageOf).join('\n')}
`

/** A DNS label. */
export const stepOf = (model: ModelName): string => model.toLowerCase()

/** Writes the synchronizer as `syncstep dispatcher` wants it: `urlOf` says where the step of a model runs. */
export const writeFarm = async (
  folder: string,
  grpcPort: number,
  urlOf: (model: ModelName) => string,
): Promise<void> => {
  const functionOf = (model: ModelName) => ({
    url: urlOf(model),
    observes: model,
    include: [],
    retry: { first: '200ms', cap: '1s' },
  })
  const config = {
    name: 'farm',
    accessor: {
      username: adminEmail,
      password: adminPassword,
      endpoint: `127.0.0.1:${grpcPort}`,
    },
    models_dir: 'models',
    deferred_delay: '300ms',
    functions: Object.fromEntries(modelNames.map((model) => [stepOf(model), functionOf(model)])),
  }
  await mkdir(path.join(folder, 'models'), { recursive: true })
  await writeFile(path.join(folder, 'models/farm.xproto'), farmModels)
  // YAML is a superset of JSON.
  await writeFile(path.join(folder, 'config.yaml'), JSON.stringify(config))
}
