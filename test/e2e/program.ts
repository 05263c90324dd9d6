import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { eachLine } from '../../emulator/lines.ts'
import { makeDataFolder } from '../support/made-pglite.ts'
import { root, syncstepArguments } from '../support/syncstep-command.ts'
import { until } from '../support/until.ts'

/**
 * A copy of a service of this repository in a folder of its own, inside the package so that its steps find the SDK, and a
 * data folder.
 *
 * @param configured the text of its config.yaml as the test wants it, from how it is
 */
export const copyService = async (name: string, configured: (config: string) => string) => {
  await mkdir(path.join(root, '.syncstep'), { recursive: true })
  const folder = await mkdtemp(path.join(root, '.syncstep/e2e-'))
  const project = path.join(folder, 'project')
  await cp(path.join(root, 'functions', name), project, { recursive: true })
  const config = path.join(project, 'config.yaml')
  await writeFile(config, configured(await readFile(config, 'utf8')))
  return {
    project,
    data: await makeDataFolder(path.join(folder, 'data')),
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  }
}

/** A copy of the tutorial's service, with more settings at the end of its config.yaml. */
export const copyTutorial = (settings: string) =>
  copyService('hello-world', (config) => config + settings)

export type Program = {
  readonly pid: number
  /** What it printed so far, by line. */
  readonly lines: readonly string[]
  /** How many of the lines contain the text. */
  count(text: string): number
  /** Forgets the lines so far, of a program that runs for long and says much. */
  forget(): void
  /** Resolves when a line matches that was not looked at before this call asked. */
  said(pattern: RegExp, from?: number): Promise<string>
  kill(signal: NodeJS.Signals): void
  /** Resolves with the exit status, or with the signal that ended it. */
  readonly exit: Promise<number | string>
  stderr(): string
}

/** Runs `syncstep` as the npm script does. */
export const runProgram = (
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Program => runNode([...syncstepArguments, ...words], environment)

/** Runs `node` in the folder of the package. */
export const runNode = (
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Program => {
  const child = spawn(process.execPath, words, {
    cwd: root,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  let stderr = ''
  eachLine(child.stdout, (line) => lines.push(line))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const exit = once(child, 'close').then(
    ([code, signal]: (number | string | null)[]) => signal ?? code ?? -1,
  )
  return {
    pid: child.pid ?? 0,
    lines,
    exit,
    count: (text) => lines.filter((line) => line.includes(text)).length,
    forget: () => void lines.splice(0),
    said: (pattern, from = 0) =>
      until(`a line with ${String(pattern)} in:\n${lines.join('\n')}\n${stderr}`, () =>
        lines.slice(from).find((line) => pattern.test(line)),
      ),
    kill: (signal) => child.kill(signal),
    stderr: () => stderr,
  }
}

export type Instance = Readonly<Record<string, unknown>>

type Reply = {
  readonly status: number
  readonly text: string
  readonly body: Instance
}

const email = 'admin@opencord.org'
const password = 'letmein'
const basic = `Basic ${Buffer.from(`${email}:${password}`).toString('base64')}`

/** A synchronizer that runs in `syncstep dev`, as its users see it. */
export type Running = Program & {
  rest(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Reply>
  /** REST with headers and body of one's own. */
  restRaw(path: string, init: RequestInit): Promise<Reply>
  recipe(text: string | undefined, headers?: Readonly<Record<string, string>>): Promise<Reply>
  /** The process id of a step, once it is ready; the newest. */
  stepPid(step: string): number
}

const replyOf = async (response: Response): Promise<Reply> => {
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true
  return { status: response.status, text, body: isJson ? (JSON.parse(text) as Instance) : {} }
}

/** Starts `syncstep dev` on free ports and waits until it says how it can be reached. */
export const startDev = async (
  project: string,
  data: string,
  environment: Readonly<Record<string, string>> = {},
  more: readonly string[] = [],
): Promise<Running> => {
  const ports = ['rest', 'tosca', 'grpc', 'grpc-tls', 'health'].flatMap((face) => [
    `--${face}-port`,
    '0',
  ])
  const words = ['dev', project, '--data', data, ...ports, ...more]
  const program = runProgram(words, environment)
  const early = program.exit.then((status) => {
    throw new Error(`Ended with ${status} before it was ready: ${program.stderr()}`)
  })
  early.catch(() => undefined)
  await Promise.race([program.said(/^ *steps +http/), early])

  const urlOf = (face: string): string => {
    const line = program.lines.find((candidate) => candidate.trimStart().startsWith(face)) ?? ''
    return line.trim().split(/\s+/)[1] ?? ''
  }
  const restUrl = urlOf('REST')
  const toscaUrl = urlOf('TOSCA')
  const restRaw: Running['restRaw'] = async (at, init) =>
    replyOf(await fetch(new URL(at, restUrl), init))
  return {
    ...program,
    restRaw,
    rest: (method, at, body, headers = {}) =>
      restRaw(at, {
        method,
        headers: {
          ...headers,
          authorization: basic,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    recipe: async (text, headers = { 'xos-username': email, 'xos-password': password }) =>
      replyOf(
        await fetch(toscaUrl, {
          method: 'POST',
          headers,
          ...(text === undefined ? {} : { body: text }),
        }),
      ),
    stepPid: (step) => {
      const ready = program.lines.filter(
        (line) => line.includes('Step is ready') && line.includes(`step=${step} `),
      )
      return Number(/process=(\d+)/.exec(ready.at(-1) ?? '')?.[1])
    },
  }
}

/** Whether a process with this id runs. */
export const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
