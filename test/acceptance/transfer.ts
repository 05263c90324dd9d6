import protobuf from 'protobufjs'
import type { XosClient } from '../core/grpc/xos-core.ts'
import type { Fields } from './faces.ts'

// cordctl sends and takes bytes where the text says string.
const { root } = protobuf.parse(
  `syntax = "proto3";
   message Chunk { string uri = 1; bytes chunk = 2; }
   message Contents { bytes chunk = 1; }`,
  { keepCase: true },
)
const chunkType = root.lookupType('Chunk')
const contentsType = root.lookupType('Contents')

const chunkBytes = 60_000

/** As `cordctl transfer upload`. */
export const upload = ({ client, method, metadata }: XosClient, uri: string, bytes: Buffer) =>
  new Promise<Fields>((resolve, reject) => {
    const { path, responseDeserialize } = method('xos.filetransfer/Upload')
    const call = client.makeClientStreamRequest(
      path,
      (chunk: object) => Buffer.from(chunkType.encode(chunk).finish()),
      responseDeserialize,
      metadata(),
      (error, reply) => {
        if (error === null) resolve((reply ?? {}) as Fields)
        else reject(error)
      },
    )
    for (let start = 0; start < bytes.length; start += chunkBytes) {
      call.write({ uri, chunk: bytes.subarray(start, start + chunkBytes) })
    }
    call.end()
  })

/** As `cordctl transfer download`. */
export const download = ({ client, method, metadata }: XosClient, uri: string) =>
  new Promise<Buffer>((resolve, reject) => {
    const { path, requestSerialize } = method('xos.filetransfer/Download')
    const chunks: Buffer[] = []
    client
      .makeServerStreamRequest(
        path,
        requestSerialize,
        (bytes: Buffer) => contentsType.decode(bytes) as unknown as { chunk: Uint8Array },
        { uri },
        metadata(),
      )
      .on('data', ({ chunk }: { chunk: Uint8Array }) => chunks.push(Buffer.from(chunk)))
      .on('error', reject)
      .on('end', () => {
        resolve(Buffer.concat(chunks))
      })
  })
