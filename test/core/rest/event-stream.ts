import { request, type IncomingMessage } from 'node:http'
import { asAdmin } from '../faces.ts'

export type StreamEvent = { readonly id?: string; readonly event: string; readonly data: unknown }

const eventOf = (frame: string): StreamEvent => {
  const lines = frame.split('\n').map((line): [string, string] => {
    const [, name = '', value = ''] = /^(\w*):? ?(.*)$/.exec(line) ?? []
    return [name, value]
  })
  const fields = new Map(lines)
  const id = fields.get('id')
  const data = fields.get('data')
  return {
    ...(id === undefined ? {} : { id }),
    event: fields.get('event') ?? (data === undefined ? 'none' : 'message'),
    data: data === undefined ? undefined : (JSON.parse(data) as unknown),
  }
}

/** A client of the stream of events, which reads until it is told to stop. */
export const watch = async (port: number, path: string, headers: Record<string, string> = {}) => {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = { port, host: '127.0.0.1', path, headers: { ...asAdmin, ...headers } }
    // A connection of its own, for which a face that closes need not wait.
    request({ ...options, agent: false }, resolve)
      .on('error', reject)
      .end()
  })
  const events: StreamEvent[] = []
  const waiting = new Set<() => void>()
  const state = { hasEnded: false }
  let text = ''
  const tell = (): void => {
    for (const listener of waiting) listener()
  }
  answer.setEncoding('utf8')
  answer.on('data', (chunk: string) => {
    const frames = (text + chunk).split('\n\n')
    text = frames.pop() ?? ''
    events.push(...frames.map(eventOf))
    tell()
  })
  answer.on('close', () => {
    state.hasEnded = true
    tell()
  })
  answer.on('error', () => undefined)

  const until = (holds: () => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!holds() && !state.hasEnded) return
        waiting.delete(look)
        if (holds()) resolve()
        else reject(new Error(`The stream ended after ${JSON.stringify(events)}`))
      }
      waiting.add(look)
      look()
    })

  const changes = () => events.filter(({ event }) => event === 'message')
  return {
    status: answer.statusCode,
    headers: answer.headers,
    answer,
    events,
    /** Once there are that many changes: all of them. */
    async changes(count: number): Promise<readonly StreamEvent[]> {
      await until(() => changes().length >= count)
      return changes()
    },
    /** Once an event of that name came. */
    async named(name: string): Promise<StreamEvent> {
      await until(() => events.some(({ event }) => event === name))
      return events.find(({ event }) => event === name)!
    },
    ended: () => until(() => state.hasEnded),
    close: () => answer.destroy(),
  }
}
