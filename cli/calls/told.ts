import {
  changeKey,
  isDelivery,
  keyText,
  stepKindOf,
  type Change,
  type Delivery,
  type Message,
} from '#contract'
import { tableOf } from '../client/print.ts'
import { aftermathOf, statusFields, type Aftermath, type Writable } from './aftermath.ts'
import type { Call } from './call.ts'

type AnyCall = Call<Change | Delivery>

/** Longer bodies are cut for people; programs get all of it. */
const longestBody = 4_096

/** A terminal must not obey what a function answers. */
const harmless = (text: string): string => text.replace(/[^\P{Cc}\n\t]|\p{Cf}/gu, ' ')

const shortened = (text: string): string =>
  text.length <= longestBody
    ? text
    : `${text.slice(0, longestBody)}\n(${text.length - longestBody} more characters)`

const isoOf = (microseconds: number): string => new Date(microseconds / 1000).toISOString()

const fieldsOf = ({ operation }: Change | Delivery) =>
  statusFields[stepKindOf(operation) === 'policy' ? 'policy' : 'sync']

const rowsOf = (
  { outcome, status, reached, feedback, again }: Aftermath,
  names: ReturnType<typeof fieldsOf>,
): readonly string[][] => [
  ['outcome', outcome.kind],
  ...('text' in outcome ? [['text', outcome.text]] : []),
  ...(outcome.kind === 'synced' && outcome.note !== undefined ? [['note', outcome.note]] : []),
  ...(status === undefined
    ? []
    : [
        [names.code, String(status.code)],
        [names.text, status.text],
      ]),
  ...(reached === undefined ? [] : [[names.reached, isoOf(reached)]]),
  ...(feedback === undefined ? [] : [['feedback', JSON.stringify(feedback)]]),
  ['called again', again],
]

const widest = Math.max(...['backend_status', 'called again'].map((name) => name.length))

const aftermathText = (aftermath: Aftermath, names: ReturnType<typeof fieldsOf>): string =>
  rowsOf(aftermath, names)
    .map(([name = '', value = '']) => {
      const lines = harmless(value).replaceAll('\n', `\n${' '.repeat(widest + 2)}`)
      return `${name.padEnd(widest)}  ${lines}\n`
    })
    .join('')

const answerText = (call: AnyCall): string => {
  if ('failure' in call) return `No answer after ${call.durationMs} ms: ${call.failure.detail}\n`
  const { status, headers, body } = call.answer
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\n`)
  const shown = body === '' ? '' : `\n${shortened(body)}\n`
  return `HTTP ${status} after ${call.durationMs} ms\n${head.join('')}${shown}`
}

const titleOf = ({ change }: AnyCall): string =>
  isDelivery(change)
    ? `${change.operation} ${String(change.event['type'])} ${String(change.event['id'])}`
    : `${change.operation} ${keyText(changeKey(change))}`

/** All there is to say of one call. */
export const callText = (call: AnyCall, url: string, writable: Writable): string =>
  [
    `${titleOf(call)} at ${url}\n\n`,
    harmless(answerText(call)),
    '\n',
    aftermathText(aftermathOf(call, writable), fieldsOf(call.change)),
  ].join('')

/** The same for programs. */
export const callJson = (call: AnyCall, url: string, writable: Writable): object => {
  const { outcome, status, reached, feedback, again } = aftermathOf(call, writable)
  const names = fieldsOf(call.change)
  return {
    url,
    ...call,
    outcome,
    written: {
      ...(status === undefined ? {} : { [names.code]: status.code, [names.text]: status.text }),
      ...(reached === undefined ? {} : { [names.reached]: reached / 1e6 }),
      ...(feedback === undefined ? {} : { feedback }),
    },
    again,
  }
}

/** One call of many in a line, its text at the end. */
export const callLine = (call: AnyCall, writable: Writable): string => {
  const { outcome } = aftermathOf(call, writable)
  const status = 'failure' in call ? call.failure.kind : `HTTP ${call.answer.status}`
  const text = 'text' in outcome ? `  ${harmless(outcome.text).split('\n', 1)[0] ?? ''}` : ''
  return `${titleOf(call)}  ${status}  ${call.durationMs} ms  ${outcome.kind}${text}\n`
}

const middleOf = (sorted: readonly number[]): number => sorted[Math.floor(sorted.length / 2)] ?? 0

/** What came of many: how often each outcome, and how long calls took. */
export const summaryOf = (kinds: readonly string[], durations: readonly number[]): string => {
  const counts = [...new Set(kinds)]
    .sort()
    .map((kind) => [kind, kinds.filter((each) => each === kind).length])
  const sorted = durations.toSorted((a, b) => a - b)
  return [
    `\n${tableOf(['outcome', 'calls'], counts)}`,
    `Calls took ${middleOf(sorted)} ms in the middle, ${sorted.at(-1) ?? 0} ms at most.\n`,
  ].join('')
}

/** What shows who sends is not for other eyes. */
const hiddenHeaders: ReadonlyMap<string, string> = new Map([
  ['authorization', 'Bearer ...'],
  ['webhook-signature', 'v1,...'],
])

/** A request as it would be sent, its token and its signature left out. Its body is indented for people. */
export const requestText = ({ headers, body }: Message, url: string): string => {
  const lines = Object.entries(headers).map(
    ([name, value]) => `${name}: ${hiddenHeaders.get(name) ?? value}\n`,
  )
  const indented = JSON.stringify(JSON.parse(body) as unknown, null, 2)
  return `POST ${url}\n${lines.join('')}\n${indented}\n`
}

/** The same for programs. */
export const requestJson = ({ headers, body }: Message, url: string): object => {
  const shown = Object.entries(headers).filter(([name]) => !hiddenHeaders.has(name))
  return {
    method: 'POST',
    url,
    headers: Object.fromEntries(shown),
    body: JSON.parse(body) as unknown,
  }
}
