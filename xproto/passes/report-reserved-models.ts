import { errorAt } from '../diagnostics.ts'
import { pluralOfModel } from '../resolve.ts'
import type { MessageNode } from '../syntax.ts'
import type { Check } from './check.ts'

const words = (text: string): readonly string[] => text.split(' ')

/** What clients find beside the models in package `xos`: messages, services and options of the fixed files. */
const taken: ReadonlySet<string> = new Set([
  ...words('ID Query QueryElement'),
  ...words('ValRule ForeignKeyRule ReverseForeignKeyRule ManyToManyForeignKeyRule contentTypeId'),
  ...words('val foreignKey reverseForeignKey manyToManyForeignKey'),
  ...words('guiHidden feedbackState bookkeepingState'),
  ...words('xos dynamicload utility modeldefs filetransfer'),
  ...words('Xproto DeclFile AtticFile APIConvenienceFile MigrationFile'),
  ...words('LoadModelsRequest LoadModelsReply UnloadModelsRequest ListConvenienceMethodsReply'),
  ...words('ServiceModelStatus LoadStatusReply'),
  ...words('LoginRequest LoginResponse ModelFilter ModelListEntry ModelList XProtos'),
  ...words('VersionInfo DatabaseInfo PopulatedServiceInstance'),
  ...words('FieldValidator FieldOption FieldRelation ModelField ModelDef ModelDefs'),
  ...words('FileRequest FileContents FileUploadChunk FileUploadStatus'),
])

/**
 * Models and their lists keep off the names that the API has already. Two models differ by more than case, as their
 * content types and the files about them do not keep it.
 */
export const reportReservedModels: Check = (program, report) => {
  const first = new Map<string, MessageNode>()
  for (const message of program.models.values()) {
    const { text, span } = message.name
    const plural = pluralOfModel(text, program.optionsOf(message))
    const key = text.toLowerCase()
    const other = first.get(key)
    if (taken.has(text)) {
      const advice = `The API has something named ${text} already; rename the model.`
      report(errorAt('XP_RESERVED_MODEL', span, advice))
    } else if (taken.has(plural)) {
      const advice = `The plural of ${text}, ${plural}, is a name that the API has already; write option plural = "...";.`
      report(errorAt('XP_RESERVED_MODEL', span, advice))
    } else if (other !== undefined) {
      const advice = `Model ${text} differs from ${other.name.text} in case only; rename one of them.`
      const note = { message: 'first defined here', span: other.name.span }
      report(errorAt('XP_RESERVED_MODEL', span, advice, note))
    } else {
      first.set(key, message)
    }
  }
}
