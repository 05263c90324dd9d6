import { connect, type Socket } from 'node:net'
import fc from 'fast-check'

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
const openings = [
  Buffer.alloc(0),
  preface,
  Buffer.from('GET /xosapi/v1/core/sites HTTP/1.1\r\n'),
  Buffer.from('POST /run HTTP/1.1\r\nhost: x\r\ncontent-length: 999999999999\r\n\r\n'),
  Buffer.from(
    'POST /xosapi/v1/core/sites HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nFFFFFFFF\r\n',
  ),
  Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]),
]

/** An HTTP/2 frame of any type, flags and stream whose length is right. */
const frame = fc
  .tuple(
    fc.nat({ max: 12 }),
    fc.nat({ max: 255 }),
    fc.nat({ max: 9 }),
    fc.uint8Array({ maxLength: 300 }),
  )
  .map(([type, flags, stream, payload]) => {
    const head = Buffer.alloc(9)
    head.writeUIntBE(payload.length, 0, 3)
    head.writeUInt8(type, 3)
    head.writeUInt8(flags, 4)
    head.writeUInt32BE(stream, 5)
    return Buffer.concat([head, payload])
  })

const rest = fc.oneof(
  fc.uint8Array({ maxLength: 20_000 }).map((bytes) => Buffer.from(bytes)),
  fc.array(frame, { maxLength: 40 }).map((frames) => Buffer.concat(frames)),
)

/** What a stranger may send to a port: the beginning of a protocol, and then nonsense. */
export const nonsense = fc
  .tuple(fc.constantFrom(...openings), rest)
  .map((parts) => Buffer.concat(parts))

/** Sends the bytes and hangs up, at the latest when the other side has read them; it may hang up before. */
export const throwAt = (port: number, bytes: Buffer): Promise<void> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.on('close', () => {
      resolve()
    })
    socket.resume()
    socket.write(bytes, () => socket.destroySoon())
  })

/** Sends the bytes and keeps the connection open. */
export const holdOpen = (port: number, bytes: Buffer): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', reject)
    socket.resume()
    socket.write(bytes, () => {
      resolve(socket)
    })
  })
