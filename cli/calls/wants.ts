import { describeFunction } from '#emulator'
import type { Input } from '../command.ts'
import { Failure } from '../failure.ts'
import type { World } from '../world.ts'
import type { Address } from './address.ts'
import { includeFrom } from './source-flags.ts'

/** What a step is called for: what the command line says, else its configuration, else its own words. */
export type Wants = {
  /** Reject with a Failure when nobody says it. */
  readonly model: () => Promise<string>
  readonly include: () => Promise<readonly string[]>
}

/** An HTTP client has the reason in the cause. */
const reasonOf = (error: unknown): string => {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  if (!(cause instanceof Error)) return String(cause)
  return cause.message || ('code' in cause ? String(cause.code) : cause.name)
}

/** The function is asked once, and only if it has to be. */
export const wantsOf = (input: Input, address: Address, { ask, stop }: World): Wants => {
  const { url, credentials } = address
  const askFunction = async () => {
    try {
      return await describeFunction(ask, { url, ...credentials }, stop)
    } catch (error) {
      throw new Failure(
        `The function does not say what it observes and includes: ${reasonOf(error)}. ` +
          'Start it, or say it with --model and --include.',
      )
    }
  }
  let asked: ReturnType<typeof askFunction> | undefined
  const description = async () => {
    const said = await (asked ??= askFunction())
    if ('observes' in said) return said
    throw new Failure(
      `The function observes no model: its kind is ${said.kind}. Send it an event with --event.`,
    )
  }
  const [model, include] = [input.text('model'), includeFrom(input)]
  return {
    model: async () => model ?? address.observes ?? (await description()).observes,
    include: async () => include ?? address.include ?? (await description()).include,
  }
}
