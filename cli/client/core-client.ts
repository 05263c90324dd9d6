import { Metadata } from '@grpc/grpc-js'
import protobuf from 'protobufjs'
import { adminProto, adminService } from '#contract'
import { Failure } from '../failure.ts'
import type { Input } from '../command.ts'
import type { World } from '../world.ts'
import { connect, type Connection, type Method } from './connection.ts'
import type { Element } from './filters.ts'
import { readModels, type ModelType, type Models } from './models.ts'
import type { Values } from './values.ts'

/** Which records: those that match, or one. */
type Selection = { readonly kind: number; readonly elements: readonly Element[] }

/** A record that was written, and its version; undefined where the core has none. */
export type Written = { readonly record: Values; readonly revision: string | undefined }

/** A core with the models that it serves, as the commands use it. */
export type CoreClient = {
  readonly models: Models
  list(model: ModelType, selection: Selection): Promise<readonly Values[]>
  get(model: ModelType, id: number): Promise<Values>
  create(model: ModelType, values: Values): Promise<Written>
  update(model: ModelType, id: number, values: Values, ifRevision?: string): Promise<Written>
  remove(model: ModelType, id: number): Promise<void>
}

const schemaProto = `syntax = "proto3";
package schema;
message Empty {}
message ProtoFile { string file_name = 1; string proto = 2; }
message Schemas { repeated ProtoFile protos = 1; }
`

type Schemas = {
  readonly protos: readonly { readonly file_name: string; readonly proto: string }[]
}

const learnModels = async (connection: Connection): Promise<Models> => {
  const { root } = protobuf.parse(schemaProto, { keepCase: true })
  const method = {
    path: '/schema.SchemaService/GetSchema',
    request: root.lookupType('schema.Empty'),
    response: root.lookupType('schema.Schemas'),
  }
  const { reply } = await connection.call<Schemas>(method, {})
  const texts = ['common.proto', 'xos.proto'].map((name) => {
    const text = reply.protos.find(({ file_name: file }) => file === name)?.proto
    if (text !== undefined) return text
    throw new Failure(`The core at ${connection.server} does not say what is in ${name}.`)
  })
  return readModels(texts)
}

type List = { readonly items: readonly Values[] }

/** The records of a core. Asks it first which models it has. */
const openCore = async (connection: Connection): Promise<CoreClient> => {
  const models = await learnModels(connection)
  const { empty, id: idType, query } = models

  const method = (name: string, request: protobuf.Type, response: protobuf.Type): Method => ({
    path: `/xos.xos/${name}`,
    request,
    response,
  })
  const revisionIn = (header: Metadata): string | undefined => {
    const [revision] = header.get('syncstep-revision')
    return revision === undefined ? undefined : String(revision)
  }

  return {
    models,
    async list(model, { kind, elements }) {
      const isPlain = elements.length === 0 && kind === 0
      const { reply } = isPlain
        ? await connection.call<List>(method(`List${model.name}`, empty, model.list), {})
        : await connection.call<List>(method(`Filter${model.name}`, query, model.list), {
            kind,
            elements,
          })
      return reply.items
    },
    async get({ name, message }, id) {
      return (await connection.call<Values>(method(`Get${name}`, idType, message), { id })).reply
    },
    async create({ name, message }, values) {
      const { reply, header } = await connection.call<Values>(
        method(`Create${name}`, message, message),
        values,
      )
      return { record: reply, revision: revisionIn(header) }
    },
    async update({ name, message }, id, values, ifRevision) {
      const extra = new Metadata()
      if (ifRevision !== undefined) extra.set('if-revision', ifRevision)
      // A list that is emptied cannot be seen in the message: it has to be named.
      const emptied = Object.entries(values).filter(
        ([, value]) => Array.isArray(value) && value.length === 0,
      )
      if (emptied.length > 0)
        extra.set('update_fields', Object.keys(values).concat('updated').join(','))
      const { reply, header } = await connection.call<Values>(
        method(`Update${name}`, message, message),
        { ...values, id },
        extra,
      )
      return { record: reply, revision: revisionIn(header) }
    },
    async remove({ name }, id) {
      await connection.call(method(`Delete${name}`, idType, empty), { id })
    },
  }
}

const adminRoot = protobuf.parse(adminProto, { keepCase: true }).root

/** A method of `syncstep.v1.Admin`. */
export const adminMethod = (name: string): Method => {
  const method = adminRoot.lookupService(adminService).methods[name]
  method?.resolve()
  const request = method?.resolvedRequestType
  const response = method?.resolvedResponseType
  if (!request || !response) throw new Error(`There is no method ${name}`)
  return { path: `/${adminService}/${name}`, request, response }
}

/** Connects as flags and variables say, works with the connection, and closes it. */
export const withConnection = async <T>(
  world: World,
  input: Input,
  work: (connection: Connection) => Promise<T>,
): Promise<T> => {
  const connection = await connect(world, input)
  try {
    return await work(connection)
  } finally {
    connection.close()
  }
}

/** As {@link withConnection}, with the records of the core. */
export const withCore = <T>(
  world: World,
  input: Input,
  work: (core: CoreClient, connection: Connection) => Promise<T>,
): Promise<T> =>
  withConnection(world, input, async (connection) => work(await openCore(connection), connection))
