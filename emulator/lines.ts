import { StringDecoder } from 'node:string_decoder'
import type { Readable } from 'node:stream'

/** What a child prints without a line end must not fill the parent's memory. */
const longestLine = 64 * 1024

/** Calls back for every line of the stream, its last one included; longer ones come in pieces of 64 Ki characters. */
export const eachLine = (stream: Readable, onLine: (line: string) => void): void => {
  const decoder = new StringDecoder('utf8')
  let rest = ''

  const take = (text: string): void => {
    const lines = (rest + text).split(/\r?\n/)
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
    while (rest.length > longestLine) {
      onLine(rest.slice(0, longestLine))
      rest = rest.slice(longestLine)
    }
  }

  stream.on('data', (chunk: Buffer) => take(decoder.write(chunk)))
  stream.on('end', () => {
    take(decoder.end())
    if (rest !== '') onLine(rest)
  })
}
