import { status } from '@grpc/grpc-js'
import type { Message, Methods, Reply } from './methods.ts'
import { withImports, type ProtoFile, type ProtoSet } from './proto-set.ts'

export type ReflectionOptions = {
  readonly protos: () => ProtoSet
  /** Full names of the services that are listed. */
  readonly services: readonly string[]
}

const notFound = (what: string) => ({
  error_response: { error_code: status.NOT_FOUND, error_message: `There is no ${what}` },
})

const descriptorsOf = (protos: ProtoSet, file: ProtoFile) => ({
  file_descriptor_response: {
    file_descriptor_proto: withImports(protos, file).map(({ descriptor }) => descriptor),
  },
})

/** What is told of a name that came from a client. */
const shown = (name: string): string => JSON.stringify(name.slice(0, 200))

const fileWith = (protos: ProtoSet, file: ProtoFile | undefined, what: string): object =>
  file === undefined ? notFound(what) : descriptorsOf(protos, file)

const extensionFile = (protos: ProtoSet, request: Message): object => {
  const type = String(request['containing_type'])
  const number = Number(request['extension_number'])
  const file = protos.extensions(type)?.get(number)
  return fileWith(protos, file, `extension ${number} of ${shown(type)}`)
}

const extensionNumbers = (protos: ProtoSet, type: string): object => {
  const numbers = protos.extensions(type)
  if (numbers === undefined) return notFound(`type ${shown(type)}`)
  return {
    all_extension_numbers_response: {
      base_type_name: type,
      extension_number: [...numbers.keys()],
    },
  }
}

const isAsked = (request: Message, question: string): boolean => Object.hasOwn(request, question)

const answerTo = (request: Message, { protos: current, services }: ReflectionOptions): object => {
  const protos = current()
  const text = (question: string): string => String(request[question])
  if (isAsked(request, 'list_services')) {
    return { list_services_response: { service: services.map((name) => ({ name })) } }
  }
  if (isAsked(request, 'file_by_filename')) {
    const path = text('file_by_filename')
    return fileWith(protos, protos.files.get(path), `file ${shown(path)}`)
  }
  if (isAsked(request, 'file_containing_symbol')) {
    const symbol = text('file_containing_symbol')
    return fileWith(protos, protos.symbols.get(symbol), `symbol ${shown(symbol)}`)
  }
  if (isAsked(request, 'file_containing_extension')) {
    return extensionFile(protos, request['file_containing_extension'] as Message)
  }
  if (isAsked(request, 'all_extension_numbers_of_type')) {
    return extensionNumbers(protos, text('all_extension_numbers_of_type'))
  }
  return {
    error_response: {
      error_code: status.INVALID_ARGUMENT,
      error_message: 'Expected one of the questions of ServerReflectionRequest, got none of them',
    },
  }
}

/** `grpc.reflection.v1` and `v1alpha`: both speak the same (reference core-api.md 1.4). */
export const reflectionMethods = (options: ReflectionOptions): Methods => ({
  ServerReflectionInfo: {
    access: 'anyone',
    async *stream(requests): AsyncGenerator<Reply> {
      for await (const request of requests) {
        yield {
          valid_host: request['host'],
          original_request: request,
          ...answerTo(request, options),
        }
      }
    },
  },
})
