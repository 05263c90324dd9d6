import type { Command } from './command.ts'
import { connectionFlags, connectionVariables } from './client/connection.ts'
import { withCore } from './client/core-client.ts'
import type { ModelType } from './client/models.ts'
import { formOf, outputFlags, print, tableOf } from './client/print.ts'
import { filterFlags, idOf, readTarget, selected, targetParameter } from './client/selection.ts'
import type { Values } from './client/values.ts'

const first = ['id', 'name']
const last = ['backend_code', 'backend_status']
/** The same for every record of a model, or on every model. */
const unsaid = ['class_names', 'self_content_type_id', 'leaf_model_name', ...first, ...last]

/** Ids and names first, how far the record is last; between them what people set, by name. */
const columnsOf = ({ fields }: ModelType): readonly string[] => {
  const own = fields.filter(({ role, repeated }) => role === 'own' && !repeated)
  const names = own.map(({ name }) => name).filter((name) => !unsaid.includes(name))
  return [...first, ...names.sort(), ...last]
}

const recordsTable = (model: ModelType, records: readonly Values[]): string => {
  if (records.length === 0) return `There are no records of ${model.name} here.\n`
  const columns = columnsOf(model)
  return tableOf(
    columns,
    records.map((record) => columns.map((name) => record[name])),
  )
}

/** Shows records of a model, or one of them. */
export const getCommand: Command = {
  parameters: [targetParameter],
  flags: { ...filterFlags, ...outputFlags, ...connectionFlags },
  variables: connectionVariables,

  run: (input, world) =>
    withCore(world, input, async (core) => {
      const form = formOf(input)
      const target = readTarget(core, input.parameter)
      const { model, key } = target
      if (key === undefined) {
        const records = await selected(core, input, model)
        print(world, form, records, () => recordsTable(model, records))
      } else {
        const record = await core.get(model, await idOf(core, target))
        print(world, form, record, () => recordsTable(model, [record]))
      }
      return 0
    }),
}
