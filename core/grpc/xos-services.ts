import type { Server } from '@grpc/grpc-js'
import { xosProto, type Schema } from '#xproto'
import type { Store } from '../store/port.ts'
import { dynamicloadMethods } from './dynamicload-service.ts'
import { filetransferMethods, filetransferService } from './filetransfer-service.ts'
import { addMethods, removeMethods, type Methods, type MethodsOptions } from './methods.ts'
import { modeldefsMethods } from './modeldefs-service.ts'
import { readProtos, type ProtoSet } from './proto-set.ts'
import { staticProtos } from './protos/index.ts'
import { reflectionMethods } from './reflection-service.ts'
import { schemaMethods } from './schema-service.ts'
import { utilityMethods } from './utility-service.ts'
import { xosMethods } from './xos-service.ts'

export type XosOptions = MethodsOptions & {
  readonly store: Store
  /** Absolute path of the folder that stands for `file:///var/run/xos/backup/local/`. */
  readonly files: string
}

export type XosServices = {
  /** Full names of the services. */
  readonly names: readonly string[]
  /** Heeds no changes of models any more. */
  stop(): void
}

/** A schema with the protobuf that describes it. */
type Served = { readonly schema: Schema; readonly protos: ProtoSet }

const servedOf = (schema: Schema): Served => ({
  schema,
  protos: readProtos([...staticProtos, { path: 'xos.proto', text: xosProto(schema.models) }]),
})

/** What reflection lists: what XOS does, and what else there is for anybody (reference core-api.md 1.4). */
const listed = [
  'xos.dynamicload',
  'xos.xos',
  'xos.utility',
  'xos.modeldefs',
  'xos.filetransfer',
  'grpc.reflection.v1alpha.ServerReflection',
  'grpc.reflection.v1.ServerReflection',
  'grpc.health.v1.Health',
]

/**
 * Adds the services that clients of XOS use. When the models change, `xos.xos` and all that describes it change at
 * once, and `onChange` is called.
 */
export const addXosServices = (
  server: Server,
  options: XosOptions,
  onChange: () => void,
): XosServices => {
  const { store, log } = options
  let served = servedOf(store.schema())
  const protos = (): ProtoSet => served.protos

  const fixed: Readonly<Record<string, Methods>> = {
    'xos.utility': utilityMethods(options),
    'xos.modeldefs': modeldefsMethods(store),
    'xos.dynamicload': dynamicloadMethods(store),
    'schema.SchemaService': schemaMethods(protos),
    'grpc.reflection.v1alpha.ServerReflection': reflectionMethods({ protos, services: listed }),
    'grpc.reflection.v1.ServerReflection': reflectionMethods({ protos, services: listed }),
  }
  for (const [name, methods] of Object.entries(fixed)) {
    addMethods(server, served.protos.service(name), methods, options)
  }

  addMethods(server, filetransferService, filetransferMethods(options.files), options)

  const serveModels = (): void => {
    const methods = xosMethods(store, served.protos, served.schema)
    addMethods(server, served.protos.service('xos.xos'), methods, options)
  }
  serveModels()

  const stop = store.onSchemaChange(() => {
    const before = served
    try {
      served = servedOf(store.schema())
    } catch (error) {
      log.error({ err: error }, 'gRPC goes on serving the models as they were')
      return
    }
    removeMethods(server, before.protos.service('xos.xos'))
    serveModels()
    onChange()
  })

  return { names: ['xos.xos', 'xos.filetransfer', ...Object.keys(fixed)], stop }
}
