import type { Explanation } from '#core'
import type { Input } from '../command.ts'
import type { CoreClient } from './core-client.ts'
import { idOf, readTarget } from './selection.ts'

/** What methods of `syncstep.v1.Admin` are asked about: one record, or with id 0 all of the model. */
export type Subject = { readonly model: string; readonly id: number }

/** What the command line names. */
export const readSubject = async (core: CoreClient, input: Input): Promise<Subject> => {
  const target = readTarget(core, input.parameter)
  const id = target.key === undefined ? 0 : await idOf(core, target)
  return { model: target.model.name, id }
}

export type WhyReply = { readonly explanations_json: readonly string[] }

export const explanationsIn = ({ explanations_json: texts }: WhyReply): readonly Explanation[] =>
  texts.map((text) => JSON.parse(text) as Explanation)
