import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { clientsFolder, spawnPython } from './client.ts'

type Refused = { readonly status: string; readonly details: string }

type Answered = {
  readonly answer?: unknown
  readonly refused?: Refused
  readonly failed?: string
}

/** A process that connected with xosapi and runs Python in which `xos` is its ORM and `client` the client itself. */
export type Shell = {
  /** What the code assigned to `answer`. Throws the traceback when it failed. */
  run(code: string): Promise<unknown>
  /** With what status and details the core refused the code's call. */
  refused(code: string): Promise<Refused>
  /** What the client said on its standard error. */
  said(): string
  close(): Promise<void>
}

export type Connection = {
  readonly endpoint: string
  readonly username?: string
  readonly password?: string
  readonly sessionid?: string
}

const dedented = (code: string): string => {
  const indent = /^\n?( *)/.exec(code)?.[1] ?? ''
  return code.replaceAll(`\n${indent}`, '\n').trimStart()
}

/** Connects and waits until the client has learnt the API. */
export const openShell = async (
  python: string,
  connection: Connection,
  trusted = '',
): Promise<Shell> => {
  const script = path.join(clientsFolder, 'shell.py')
  const child = spawnPython(python, [script, JSON.stringify(connection)], { trusted })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const ended = once(child, 'close')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<Answered> => {
    const line = await lines.next()
    if (line.done === true) throw new Error(`The client ended:\n${stderr}`)
    return JSON.parse(line.value) as Answered
  }
  const ask = async (code: string): Promise<Answered> => {
    child.stdin.write(`${JSON.stringify(dedented(code))}\n`)
    const answered = await next()
    if (answered.failed !== undefined) throw new Error(answered.failed)
    return answered
  }
  const close = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
  }
  const opened: Shell = {
    async run(code) {
      const { answer, refused } = await ask(code)
      if (refused !== undefined) throw new Error(`${refused.status}: ${refused.details}`)
      return answer
    },
    async refused(code) {
      const { refused } = await ask(code)
      if (refused === undefined) throw new Error('The core did not refuse')
      return refused
    },
    said: () => stderr,
    close,
  }
  try {
    await next()
    return opened
  } catch (error) {
    await close()
    throw error
  }
}

/** As {@link openShell}, closed after the test. */
export const testShell = async (...given: Parameters<typeof openShell>): Promise<Shell> => {
  const shell = await openShell(...given)
  onTestFinished(() => shell.close())
  return shell
}
