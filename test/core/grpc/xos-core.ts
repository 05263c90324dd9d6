import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import {
  Client,
  credentials,
  Metadata,
  type CallOptions,
  type ChannelCredentials,
  type MethodDefinition,
  type ServerInterceptor,
  type ServiceError,
} from '@grpc/grpc-js'
import {
  fromJSON,
  loadSync,
  type PackageDefinition,
  type ServiceDefinition,
} from '@grpc/proto-loader'
import { buildGrpc, createAuthenticator, type GrpcFace } from '#core'
import { importedProtos } from '#xproto'
import { openTestStore, type TestStore } from '../../support/store.ts'
import { createLog } from './support.ts'

type Fields = Readonly<Record<string, unknown>>
type Method = MethodDefinition<object, object>

/** A method by its path: `xos.xos/GetSite`. */
const methodNamed = (definition: PackageDefinition, name: string): Method => {
  const [service = '', method = ''] = name.split('/')
  const found = (definition[service] as ServiceDefinition | undefined)?.[method]
  if (found === undefined) throw new Error(`The client knows no ${name}`)
  return found
}

const metadataOf = (entries: Fields): Metadata => {
  const metadata = new Metadata()
  for (const [key, value] of Object.entries(entries)) metadata.add(key, String(value))
  return metadata
}

type Answer = { readonly reply: Fields; readonly header: Metadata }

/** How a call ended that did not succeed. */
export type Refusal = {
  readonly code: number
  readonly details: string
  readonly errorCode: string | undefined
}

export const refusalOf = (error: ServiceError): Refusal => ({
  code: error.code,
  details: error.details,
  errorCode: error.metadata.get('syncstep-error-code').map(String)[0],
})

const loaderOptions = { keepCase: true, longs: String, enums: String, oneofs: true } as const

/** What a client has to know before it knows the schema. */
const bootstrap = fromJSON(
  {
    nested: {
      google: { nested: { protobuf: { nested: { Empty: { fields: {} } } } } },
      schema: {
        nested: {
          ProtoFile: {
            fields: {
              file_name: { type: 'string', id: 1 },
              proto: { type: 'string', id: 2 },
              descriptor: { type: 'bytes', id: 3 },
            },
          },
          Schemas: {
            fields: {
              protos: { rule: 'repeated', type: 'ProtoFile', id: 1 },
              swagger_from: { type: 'string', id: 2 },
              yang_from: { type: 'string', id: 3 },
            },
          },
          SchemaService: {
            methods: {
              GetSchema: {
                requestType: 'google.protobuf.Empty',
                responseType: 'Schemas',
                comment: 'How a client learns all else.',
              },
            },
          },
        },
      },
    },
  },
  loaderOptions,
)

export type ProtoFile = {
  readonly file_name: string
  readonly proto: string
  readonly descriptor: Buffer
}

/** Writes the files of a schema, and those of google, to a new folder, and hands it over. */
export const inFolder = <T>(files: readonly ProtoFile[], use: (folder: string) => T): T => {
  const folder = mkdtempSync(join(tmpdir(), 'syncstep-schema-'))
  const all = [
    ...importedProtos.filter(({ path }) => path.startsWith('google/')),
    ...files.map(({ file_name: path, proto: text }) => ({ path, text })),
  ]
  try {
    for (const { path, text } of all) {
      mkdirSync(join(folder, dirname(path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    return use(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const isService = (file: string): boolean => !['common.proto', 'xosoptions.proto'].includes(file)

/** A client that learns the API from the core, as those of XOS do. */
export const connect = async (
  port: number,
  channel: ChannelCredentials = credentials.createInsecure(),
  extra: Fields = asAdmin,
  serverName = 'localhost',
) => {
  const client = new Client(`localhost:${port}`, channel, {
    'grpc.enable_retries': 0,
    // A connection of its own, as a process of its own would have.
    'grpc.use_local_subchannel_pool': 1,
    'grpc.ssl_target_name_override': serverName,
  })
  const call = (
    definition: PackageDefinition,
    name: string,
    request: object,
    metadata: Fields,
    options: CallOptions = {},
  ) =>
    new Promise<Answer>((resolve, reject) => {
      const { path, requestSerialize, responseDeserialize } = methodNamed(definition, name)
      let header = new Metadata()
      client
        .makeUnaryRequest(
          path,
          requestSerialize,
          responseDeserialize,
          request,
          metadataOf({ ...extra, ...metadata }),
          options,
          (error, reply) => {
            if (error === null) resolve({ reply: (reply ?? {}) as Fields, header })
            else reject(error)
          },
        )
        .on('metadata', (received) => (header = received))
    })

  const readSchema = async (): Promise<readonly ProtoFile[]> => {
    const { reply } = await call(bootstrap, 'schema.SchemaService/GetSchema', {}, {})
    return reply['protos'] as readonly ProtoFile[]
  }

  const schema = await readSchema()
  const files = schema.map(({ file_name: file }) => file).filter(isService)
  const definition = inFolder(schema, (folder) =>
    files
      .map((file) => loadSync(file, { ...loaderOptions, includeDirs: [folder] }))
      .reduce((all, more) => ({ ...all, ...more })),
  )

  return {
    client,
    definition,
    schema,
    readSchema,
    method: (name: string) => methodNamed(definition, name),
    metadata: (entries: Fields = {}) => metadataOf({ ...extra, ...entries }),
    /** The answer, and the metadata before it. */
    ask: (name: string, request: object = {}, metadata: Fields = {}, options?: CallOptions) =>
      call(definition, name, request, metadata, options),
    /** How the call failed. */
    refused: (name: string, request: object = {}, metadata: Fields = {}): Promise<Refusal> =>
      call(definition, name, request, metadata).then(
        ({ reply }) => {
          throw new Error(`Expected a refusal, got ${JSON.stringify(reply)}`)
        },
        (error: unknown) => refusalOf(error as ServiceError),
      ),
  }
}

export type XosClient = Awaited<ReturnType<typeof connect>>

export const basic = (email: string, password: string): string =>
  `basic ${Buffer.from(`${email}:${password}`).toString('base64')}`

export const asAdmin = { authorization: basic('admin@opencord.org', 'letmein') }

/** The real store behind the real gRPC face, on ports of its own. */
export const openXosCore = async (
  given?: TestStore,
  interceptors: readonly ServerInterceptor[] = [],
) => {
  const test = given ?? (await openTestStore())
  const { store, work, clock } = test
  const log = createLog()
  const authenticator = createAuthenticator({ store, clock, randomBytes })
  const files = mkdtempSync(join(tmpdir(), 'syncstep-files-'))
  const face: GrpcFace = buildGrpc({
    work,
    authenticate: () => Promise.resolve(),
    clock,
    log,
    interceptors,
    xos: {
      store,
      authenticator,
      log,
      files,
      schemaChange: { graceMs: 5_000, closedMs: 3_000 },
    },
  })
  const port = await face.listen(0, 'localhost')
  const clients: Client[] = []

  return {
    ...test,
    face,
    port,
    log,
    files,
    async dial(
      metadata: Fields = asAdmin,
      channel = credentials.createInsecure(),
      to = port,
      serverName = 'localhost',
    ) {
      const connected = await connect(to, channel, metadata, serverName)
      clients.push(connected.client)
      return connected
    },
    /** Closes every client. */
    hangUp() {
      for (const client of clients.splice(0)) client.close()
    },
    async close() {
      for (const client of clients) client.close()
      const closed = face.close(1_000)
      await clock.advance(1_000)
      await closed
      await test.core.close()
      rmSync(files, { recursive: true })
    },
  }
}

export type XosCore = Awaited<ReturnType<typeof openXosCore>>
