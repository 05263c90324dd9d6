import type { Description } from '#contract'
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
  /** What the function says of itself; undefined when it says nothing. */
  readonly description: () => Promise<Description | undefined>
}

/** An HTTP client has the reason in the cause. */
const reasonOf = (error: unknown): string => {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  if (!(cause instanceof Error)) return String(cause)
  return cause.message || ('code' in cause ? String(cause.code) : cause.name)
}

/** The function is asked once, and only if it has to be. */
export const wantsOf = (input: Input, address: Address, world: World): Wants => {
  const { url, credentials } = address
  const askFunction = async () => {
    try {
      return await describeFunction(world.ask, { url, ...credentials }, world.stop)
    } catch (error) {
      throw new Failure(
        `The function does not say what it observes and includes: ${reasonOf(error)}. ` +
          'Start it, or say it with --model and --include.',
      )
    }
  }
  let asked: ReturnType<typeof askFunction> | undefined
  const ask = () => (asked ??= askFunction())
  const observing = async () => {
    const said = await ask()
    if ('observes' in said) return said
    throw new Failure(
      `The function observes no model: its kind is ${said.kind}. It is sent events, which --event, --type and --data describe.`,
    )
  }
  const [model, include] = [input.text('model'), includeFrom(input)]
  return {
    model: async () => model ?? address.observes ?? (await observing()).observes,
    include: async () => include ?? address.include ?? (await observing()).include,
    description: () => ask().catch(() => undefined),
  }
}
