import { status } from '@grpc/grpc-js'
import type { Attempt, Explanation } from '#core'
import type { Command } from './command.ts'
import { explanationsIn, type Subject, type WhyReply } from './client/admin.ts'
import { connectionFlags, connectionVariables, type Connection } from './client/connection.ts'
import { adminMethod, withCore, type CoreClient } from './client/core-client.ts'
import { callFailure, hasStatus } from './client/failures.ts'
import type { ModelType } from './client/models.ts'
import { formOf, outputFlags, print, tableOf } from './client/print.ts'
import { idOf, readTarget, recordParameter } from './client/selection.ts'
import type { Values } from './client/values.ts'

/** A record that the described one links to, or is linked from. */
type Linked = {
  readonly field: string
  readonly model: string
  readonly id: number
  readonly name: string | undefined
}

type Told = {
  readonly why: Explanation | undefined
  readonly attempts: readonly Attempt[] | undefined
}

type Description = Told & { readonly record: Values; readonly links: readonly Linked[] }

/** More are counted, not named. */
const mostNamed = 10

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined

const linkedBy = async (
  core: CoreClient,
  field: string,
  target: string,
  id: number,
): Promise<Linked> => {
  const record = await core.get(core.models.named(target), id)
  const model = textOf(record['leaf_model_name']) ?? target
  return { field, model, id, name: textOf(record['name']) }
}

const linksOf = (
  core: CoreClient,
  { fields }: ModelType,
  record: Values,
): Promise<readonly Linked[]> =>
  Promise.all(
    fields.flatMap(({ name, target }) => {
      if (target === undefined || !core.models.names.includes(target)) return []
      const value = record[name] ?? []
      const ids = (Array.isArray(value) ? value : [value]).map(Number)
      return ids.slice(0, mostNamed).map((id) => linkedBy(core, name, target, id))
    }),
  )

const absent = (server: string, error: unknown): undefined => {
  // XOS has nothing of the kind; the record is worth showing without it.
  if (hasStatus(error, status.UNIMPLEMENTED)) return undefined
  throw callFailure(server, error)
}

const toldOf = async (connection: Connection, subject: Subject): Promise<Told> => {
  const ask = async <T>(name: string): Promise<T | undefined> =>
    connection.raw<T>(adminMethod(name), subject).then(
      ({ reply }) => reply,
      (error: unknown) => absent(connection.server, error),
    )
  const why = await ask<WhyReply>('Why')
  const attempts = await ask<{ readonly attempts_json: readonly string[] }>('Attempts')
  return {
    why: why === undefined ? undefined : explanationsIn(why)[0],
    attempts: attempts?.attempts_json.map((text) => JSON.parse(text) as Attempt),
  }
}

const section = (title: string, body: string): string =>
  body === '' ? '' : `\n${title}:\n${body.replaceAll(/^(?=.)/gm, '  ')}`

const fieldLines = (fields: readonly string[], record: Values): string => {
  const given = fields.filter((name) => record[name] !== undefined)
  const width = Math.max(0, ...given.map((name) => name.length))
  return given
    .map((name) => {
      const value = record[name]
      const shown = typeof value === 'string' ? value : JSON.stringify(value)
      return `${name.padEnd(width)}  ${shown.replaceAll(/\p{Cc}/gu, ' ')}\n`
    })
    .join('')
}

const isoOf = (microseconds: number): string => new Date(microseconds / 1000).toISOString()

const descriptionText = (model: ModelType, description: Description): string => {
  const { record, links, why, attempts = [] } = description
  const plain = model.fields.filter(({ target, repeated }) => target === undefined && !repeated)
  const named = (wanted: readonly string[]): readonly string[] =>
    plain.filter(({ role }) => wanted.includes(role)).map(({ name }) => name)
  return [
    `${textOf(record['leaf_model_name']) ?? model.name}/${String(record['id'])}\n`,
    why === undefined ? '' : `${why.sentence}\n`,
    section('Fields', fieldLines(named(['own', 'hidden']), record)),
    section('State', fieldLines(named(['feedback', 'bookkeeping']), record)),
    section(
      'Links',
      links
        .map(({ field, model: target, id, name }) => {
          const called = name === undefined ? '' : ` (${name})`
          return `${field}  ${target}/${id}${called}\n`
        })
        .join(''),
    ),
    section(
      'Attempts',
      attempts.length === 0
        ? ''
        : tableOf(
            ['number', 'at', 'operation', 'outcome', 'ms', 'text'],
            attempts.map((attempt) => [
              attempt.number,
              isoOf(attempt.at),
              attempt.operation,
              attempt.outcome,
              attempt.durationMs,
              attempt.status,
            ]),
            true,
          ),
    ),
  ].join('')
}

/** Shows all there is to know of one record. */
export const describeCommand: Command = {
  parameters: [recordParameter],
  flags: { ...outputFlags, ...connectionFlags },
  variables: connectionVariables,

  run: (input, world) =>
    withCore(world, input, async (core, connection) => {
      const form = formOf(input)
      const target = readTarget(core, input.parameter)
      const { model } = target
      const id = await idOf(core, target)
      const record = await core.get(model, id)
      const description = {
        record,
        links: await linksOf(core, model, record),
        ...(await toldOf(connection, { model: model.name, id })),
      }
      print(world, form, description, () => descriptionText(model, description))
      return 0
    }),
}
