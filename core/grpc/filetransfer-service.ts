import protobuf from 'protobufjs'
import { requireAdministrator } from '../access/require-administrator.ts'
import { CoreError } from '../errors.ts'
import { asException } from './failures.ts'
import { createFiles, type Written } from './files.ts'
import type { Message, Methods, Reply } from './methods.ts'
import { filetransfer } from './protos/filetransfer.ts'

const withBytes = (): protobuf.Service => {
  const text = filetransfer.replaceAll('string chunk', 'bytes chunk')
  const { root } = protobuf.parse(text, { keepCase: true })
  return root.resolveAll().lookupService('xos.filetransfer')
}

/**
 * `xos.filetransfer` with chunks of bytes, as they are: the text that clients get says `string`, but pieces of a file
 * may end in the middle of a letter.
 */
export const filetransferService = withBytes()

const what = 'transfer files, which may be backups of everything'

/** XOS tells mistakes here as exceptions. */
const orExcept = (thrown: unknown): unknown =>
  thrown instanceof CoreError && ['VALIDATION', 'NOT_FOUND'].includes(thrown.code)
    ? asException(thrown)
    : thrown

/** The first message of a stream, and all of them again; undefined when there is none. */
const withFirst = async (messages: AsyncIterable<Message>) => {
  const iterator = messages[Symbol.asyncIterator]()
  const first = await iterator.next()
  if (first.done === true) return undefined
  async function* all(head: Message): AsyncGenerator<Message> {
    yield head
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
      yield next.value
    }
  }
  return { first: first.value, all: all(first.value) }
}

/** `xos.filetransfer` over the files of a folder, for administrators only (reference core-api.md 4.3). */
export const filetransferMethods = (folder: string): Methods => {
  const files = createFiles(folder)

  const upload = async (messages: AsyncIterable<Message>): Promise<Reply> => {
    const sent = await withFirst(messages)
    if (sent === undefined) return {}
    let chunks = 0
    async function* pieces(all: AsyncIterable<Message>): AsyncGenerator<Uint8Array> {
      for await (const { chunk } of all) {
        chunks += 1
        // Absent when it is empty.
        if (chunk instanceof Uint8Array) yield chunk
      }
    }
    const { checksum, bytes }: Written = await files.write(
      String(sent.first['uri']),
      pieces(sent.all),
    )
    return { status: 0, checksum, chunks_received: chunks, bytes_received: bytes }
  }

  return {
    Download: {
      access: 'caller',
      async *stream(requests, { caller }): AsyncGenerator<Reply> {
        requireAdministrator(caller, what)
        try {
          for await (const { uri } of requests) {
            for await (const chunk of files.read(String(uri))) yield { chunk }
          }
        } catch (thrown) {
          throw orExcept(thrown)
        }
      },
    },
    Upload: {
      access: 'caller',
      async *stream(requests, { caller }): AsyncGenerator<Reply> {
        requireAdministrator(caller, what)
        try {
          yield await upload(requests)
        } catch (thrown) {
          throw orExcept(thrown)
        }
      },
    },
  }
}
