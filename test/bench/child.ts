import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

export type Child = { readonly url: string; readonly startMs: number; stop(): void }

/** Starts one of the servers in a process of its own. `startMs`: from spawn to its first answer. */
export const startServer = async (name: string): Promise<Child> => {
  const started = performance.now()
  const child: ChildProcess = fork(new URL(`servers/${name}.ts`, import.meta.url), {
    execArgv: process.execArgv,
  })
  const [port] = (await once(child, 'message')) as [number]
  const url = `http://127.0.0.1:${port}/`
  await fetch(url).then((response) => response.arrayBuffer())
  return { url, startMs: performance.now() - started, stop: () => child.kill('SIGKILL') }
}
