import { Client, credentials, Metadata, status as codes, type ServiceError } from '@grpc/grpc-js'
import protobuf from 'protobufjs'
import 'protobufjs/ext/descriptor/index.js'
import { reflect } from '../core/grpc/reflection-client.ts'
import { adminBasic } from '../support/core-process.ts'

export type RpcMethod = {
  /** `/package.Service/Method` */
  readonly path: string
  readonly request: protobuf.Type
}

type Ended = { readonly code: number; readonly details: string }

export type Calls = {
  /**
   * Sends these bytes as the messages of one call, as the administrator unless told otherwise, and answers how it
   * ended: DEADLINE_EXCEEDED when the core let it wait.
   */
  send(path: string, messages: Buffer | readonly Buffer[], authorization?: string): Promise<Ended>
  close(): void
}

const deadlineMs = 30_000

export const callerOf = (port: number): Calls => {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    'grpc.max_send_message_length': -1,
    'grpc.max_receive_message_length': -1,
  })
  return {
    send(path, messages, authorization = adminBasic) {
      const metadata = new Metadata()
      if (authorization !== '') metadata.set('authorization', authorization)
      const options = { deadline: Date.now() + deadlineMs }
      const call = client.makeBidiStreamRequest(
        path,
        (bytes: Buffer) => bytes,
        (bytes: Buffer) => bytes,
        metadata,
        options,
      )
      return new Promise((resolve) => {
        call.on('data', () => undefined)
        call.on('error', ({ code, details }: ServiceError) => {
          resolve({ code, details })
        })
        call.on('end', () => {
          resolve({ code: codes.OK, details: '' })
        })
        for (const message of Buffer.isBuffer(messages) ? [messages] : messages) call.write(message)
        call.end()
      })
    },
    close: () => client.close(),
  }
}

type WithDescriptors = typeof protobuf.Root & {
  fromDescriptor(set: { readonly file: readonly object[] }): protobuf.Root
}

type Descriptor = { readonly name: string; readonly dependency?: readonly string[] }

const fileType = (): protobuf.Type => {
  const { FileDescriptorProto } = (
    protobuf as unknown as { descriptor: Record<string, protobuf.Type> }
  ).descriptor
  return FileDescriptorProto!
}

const methodsOf = (root: protobuf.Root, service: string): readonly RpcMethod[] => {
  const found = root.lookupService(service)
  found.resolveAll()
  return found.methodsArray.map(({ name, resolvedRequestType }) => ({
    path: `/${service}/${name}`,
    request: resolvedRequestType!,
  }))
}

/** Every method of every service that the core tells of by reflection, and of the one that it does not list. */
export const readServices = async (port: number): Promise<readonly RpcMethod[]> => {
  const [listed] = await reflect(port, 'v1', [{ list_services: '' }])
  const names = [
    ...(listed?.list_services_response?.service ?? []).map(({ name }) => name),
    'schema.SchemaService',
  ]
  const replies = await reflect(
    port,
    'v1',
    names.map((name) => ({ file_containing_symbol: name })),
  )
  const files = new Map<string, object>()
  for (const { file_descriptor_response } of replies) {
    for (const bytes of file_descriptor_response?.file_descriptor_proto ?? []) {
      const file = fileType().decode(bytes) as unknown as Descriptor
      files.set(file.name, file)
    }
  }
  const missing = [...files.values()]
    .flatMap((file) => (file as Descriptor).dependency ?? [])
    .filter((name) => !files.has(name))
  for (const { file_descriptor_response } of await reflect(
    port,
    'v1',
    missing.map((name) => ({ file_by_filename: name })),
  )) {
    for (const bytes of file_descriptor_response?.file_descriptor_proto ?? []) {
      const file = fileType().decode(bytes) as unknown as Descriptor
      files.set(file.name, file)
    }
  }
  const root = (protobuf.Root as WithDescriptors).fromDescriptor({ file: [...files.values()] })
  return names.flatMap((name) => methodsOf(root, name))
}
