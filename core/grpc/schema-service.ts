import { promisify } from 'node:util'
import { deflate } from 'node:zlib'
import protobuf from 'protobufjs'
import type { Methods } from './methods.ts'
import { withImports, type ProtoFile, type ProtoSet } from './proto-set.ts'

const compress = promisify(deflate)

/** What clients learn the API from: the file name is that of the service. */
const servedFiles = [
  'common.proto',
  'dynamicload.proto',
  'filetransfer.proto',
  'modeldefs.proto',
  'utility.proto',
  'xosoptions.proto',
  'xos.proto',
]

/** Field 1 of `FileDescriptorSet`. */
const fileTag = 10

/** A file, behind all that it imports. */
const descriptorSetOf = (protos: ProtoSet, file: ProtoFile): Uint8Array => {
  const needed = new Set(withImports(protos, file))
  const writer = protobuf.Writer.create()
  for (const one of protos.files.values()) {
    if (needed.has(one)) writer.uint32(fileTag).bytes(one.descriptor)
  }
  return writer.finish()
}

const schemasOf = async (protos: ProtoSet): Promise<Uint8Array> => {
  const files = servedFiles.flatMap((path) => protos.files.get(path) ?? [])
  const type = protos.type('schema.Schemas')
  return type
    .encode({
      protos: await Promise.all(
        files.map(async (file) => ({
          file_name: file.path,
          proto: file.text,
          descriptor: await compress(descriptorSetOf(protos, file)),
        })),
      ),
      swagger_from: 'xos.proto',
      yang_from: 'xos.proto',
    })
    .finish()
}

/** `schema.SchemaService` (reference core-api.md 1.3). The answer is made once for each schema. */
export const schemaMethods = (current: () => ProtoSet): Methods => {
  const answers = new WeakMap<ProtoSet, Promise<Uint8Array>>()
  return {
    GetSchema: {
      access: 'anyone',
      answer() {
        const protos = current()
        const answer = answers.get(protos) ?? schemasOf(protos)
        answers.set(protos, answer)
        return answer
      },
    },
  }
}
