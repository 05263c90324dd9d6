import { changeKey, ContractError, decodeChange, keyText, type Clock, type Mode } from '#contract'
import type { Call } from './call.ts'
import { createCallsFile, type CallsFile } from './calls-file.ts'
import { createRelay, type Exchange, type Relay } from './relay.ts'

type Place = { readonly port: number; readonly host: string }

/** What was recorded, and what was not. */
export type Tally = {
  readonly calls: number
  readonly records: number
  /** Requests that brought no change, or one that is longer than an event may be. */
  readonly others: number
  /** Calls for which there was no room any more. */
  readonly surplus: number
}

/** Keeps calls of functions in a file while they go on. */
export type Recorder = {
  /** Stands in front of a function from now on. Answers where it is called instead. */
  readonly inFrontOf: (step: string, url: string, place?: Place) => Promise<string>
  tally(): Tally
  /** Lets calls under way end for at most `graceMs`. @throws Failure when the file could not be written. */
  close(graceMs: number): Promise<void>
}

const loopback: Place = { port: 0, host: '127.0.0.1' }

const modeOf = (rawHeaders: readonly string[]): Mode =>
  rawHeaders.some((text) => /^ce-specversion$/i.test(text)) ? 'binary' : 'structured'

/**
 * The change is kept and not the event: what a caller shows to be let in, and the address where the call can be completed,
 * stand beside it. Undefined for what brings no change.
 */
const callOf = (step: string, exchange: Exchange): Call | undefined => {
  const { at, durationMs, rawHeaders, body = '' } = exchange
  try {
    const { change } = decodeChange(rawHeaders, body)
    const call = {
      at: new Date(at).toISOString(),
      step,
      mode: modeOf(rawHeaders),
      change,
      durationMs,
    }
    return 'failure' in exchange
      ? { ...call, failure: exchange.failure }
      : { ...call, answer: exchange.answer }
  } catch (error) {
    if (!(error instanceof ContractError)) throw error
    return undefined
  }
}

/**
 * Begins a file of calls.
 *
 * @throws Failure when it cannot be made.
 */
export const openRecorder = async (file: string, clock: Clock): Promise<Recorder> => {
  const kept: CallsFile = await createCallsFile(file)
  const relays: Relay[] = []
  const records = new Set<string>()
  let calls = 0
  let others = 0
  let surplus = 0
  let written = Promise.resolve()

  const keep = async (call: Call): Promise<void> => {
    if (!(await kept.add(call))) {
      surplus += 1
      return
    }
    calls += 1
    records.add(keyText(changeKey(call.change)))
  }

  const take = (step: string, exchange: Exchange): void => {
    const call = callOf(step, exchange)
    if (call === undefined) others += 1
    else written = written.then(() => keep(call))
    // Told when it is closed: calls go on meanwhile.
    written.catch(() => undefined)
  }

  return {
    inFrontOf: async (step, url, { port, host } = loopback) => {
      const relay = createRelay({ url, clock, onExchange: (exchange) => take(step, exchange) })
      const address = await relay.listen(port, host)
      relays.push(relay)
      const shown = address.family === 'IPv6' ? `[${address.address}]` : address.address
      return `http://${shown}:${address.port}/`
    },

    tally: () => ({ calls, records: records.size, others, surplus }),

    async close(graceMs) {
      await Promise.all(relays.map((relay) => relay.close(graceMs)))
      await written.finally(() => kept.close())
    },
  }
}
