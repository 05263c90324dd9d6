import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { adminEmail, adminPassword } from '../../support/core-process.ts'

type Said = { readonly status: number; readonly stdout: string; readonly stderr: string }

export type Cordctl = {
  /** What the command line prints. Throws when it fails. */
  (...words: readonly string[]): Promise<string>
  /** How it ends, also when it fails. */
  tried(words: readonly string[], password?: string): Promise<Said>
  /** What it prints with `-o json`. */
  json(...words: readonly string[]): Promise<unknown>
}

const deadlineMs = 60_000

/** `cordctl` at this address (`HOST:PORT`), as the administrator; it knows no TLS. */
export const cordctlAt = (program: string, server: string): Cordctl => {
  const tried = async (
    words: readonly string[],
    password: string = adminPassword,
  ): Promise<Said> => {
    const who = ['-s', server, '-u', adminEmail, '-p', password, '-y']
    const options = {
      timeout: deadlineMs,
      env: { PATH: process.env['PATH'], HOME: '/nonexistent' },
    }
    try {
      return { status: 0, ...(await promisify(execFile)(program, [...who, ...words], options)) }
    } catch (error) {
      const { code, stdout, stderr } = error as Error & {
        readonly code: number
        readonly stdout: string
        readonly stderr: string
      }
      return { status: code, stdout, stderr }
    }
  }
  const cordctl = async (...words: readonly string[]): Promise<string> => {
    const { status, stdout, stderr } = await tried(words)
    if (status !== 0) throw new Error(`cordctl ${words.join(' ')} ended with ${status}: ${stderr}`)
    return stdout
  }
  return Object.assign(cordctl, {
    tried,
    json: async (...words: readonly string[]) =>
      JSON.parse(await cordctl(...words, '-o', 'json')) as unknown,
  })
}
