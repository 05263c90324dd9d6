import type { Fields } from '#contract'
import type { CoreClient } from '../client.ts'
import { logWriter } from '../log.ts'
import type { CallContext } from '../step.ts'

export type CallOptions = {
  /** @default a signal that never fires */
  readonly signal?: AbortSignal
  /** Where the step is told to complete the call later. */
  readonly completionUrl?: string
  /**
   * What the step reads and writes records with: as much of a client as the test needs.
   *
   * @default none: a step that uses it fails
   */
  readonly client?: Partial<CoreClient>
}

export type LogLine = {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields: Fields
}

type Recording = {
  readonly context: CallContext
  /** What the step wrote. */
  readonly logs: readonly LogLine[]
}

/** What a step under test is told beside what it is called for. */
export const recordedContext = ({ signal, completionUrl, client }: CallOptions): Recording => {
  const logs: LogLine[] = []
  const writer = (level: LogLine['level']) =>
    logWriter((fields, message) => {
      logs.push({ level, message, fields })
    })
  return {
    context: {
      signal: signal ?? new AbortController().signal,
      completionUrl,
      log: {
        debug: writer('debug'),
        info: writer('info'),
        warn: writer('warn'),
        error: writer('error'),
      },
      get client() {
        if (client !== undefined) return client as CoreClient
        throw new Error('The step uses its client. Give it one in the options: { client }')
      },
    },
    logs,
  }
}
