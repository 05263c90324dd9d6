import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Fields } from '#contract'
import {
  DeferredException,
  SyncStep,
  TerminalException,
  type AnyRecord,
  type Duration,
  type RecordOf,
  type Step,
  type StepContext,
} from '#functions'
import { runStep } from '../../functions/sdk/testing.ts'

/** What `read` sees when it runs as the step of a record. */
const see = async (
  read: (o: AnyRecord) => unknown,
  record: Fields,
  { include = [], expanded = {} }: { include?: readonly string[]; expanded?: Fields } = {},
): Promise<unknown> => {
  let seen: unknown
  const step: Step = {
    observes: 'Color',
    include,
    sync_record: (o) => void (seen = read(o)),
    delete_record: () => undefined,
  }
  const { outcome } = await runStep(step, record, { expanded })
  if (outcome.kind === 'failed') throw new Error(outcome.text)
  return seen
}

describe('a record as its step sees it', () => {
  test('has its fields, its id and itself as leaf model', async () => {
    expect(await see((o) => o['name'], { id: 7, name: 'red' })).toBe('red')
    expect(await see((o) => o.id, { id: 7 })).toBe(7)
    expect(await see((o) => o.leaf_model === o, { id: 7 })).toBe(true)
    expect(await see((o) => o['nothing'], { id: 7 })).toBeUndefined()
  })

  const page = { site_id: 3, width: 20, site: { name: 'here' } }
  const include = ['page.site', 'inks']

  test('has the related records the step includes', async () => {
    const record = { id: 7, page_id: 2, inks_ids: [4, 5] }
    const expanded = { page, inks: [{ id: 4 }, { id: 5 }] }
    const read = (path: (o: never) => unknown) =>
      see(path as (o: AnyRecord) => unknown, record, { include, expanded })
    type Page = RecordOf<{ width: number; site: RecordOf<{ name: string }> }>
    type Color = RecordOf<{ page: Page; inks: readonly RecordOf<object>[] }>

    expect(await read((o: Color) => o.page.leaf_model.width)).toBe(20)
    expect(await read((o: Color) => o.page.site.leaf_model.name)).toBe('here')
    expect(await read((o: Color) => o.page === o.page.leaf_model)).toBe(true)
    expect(await read((o: Color) => o.inks.map(({ id }) => id))).toEqual([4, 5])
  })

  test('has null for a link to nothing, and for what a test leaves out', async () => {
    expect(await see((o) => o['page'], {}, { include, expanded: { page: null } })).toBeNull()
    expect(await see((o) => o['page'], {}, { include })).toBeNull()
  })

  test('names the include that is missing', async () => {
    await expect(see((o) => o['page'], { id: 7, page_id: 2 })).rejects.toThrow(
      "page of Color/7 did not travel with the change. Add 'page' to the include of the step",
    )
    await expect(see((o) => o['inks'], { id: 7, inks_ids: [] })).rejects.toThrow("Add 'inks'")
    await expect(
      see(
        (o) => (o['page'] as AnyRecord)['site'],
        {},
        { include: ['page'], expanded: { page: { site_id: 1 } } },
      ),
    ).rejects.toThrow("page.site of Color/1 did not travel with the change. Add 'page.site'")
  })

  test.each<[string, (o: AnyRecord) => unknown, RegExp]>([
    [
      'set',
      (o) => Reflect.set(o, 'name', 'blue'),
      /read-only, so name cannot be set\. Return \{ name: \.\.\. \}/,
    ],
    ['set what is not there', (o) => Reflect.set(o, 'other', 1), /read-only/],
    ['set a related record', (o) => Reflect.set(o, 'page', null), /read-only/],
    [
      'set in a related record',
      (o) => Reflect.set(o['page'] as object, 'width', 1),
      /so width cannot/,
    ],
  ])('cannot be written: %s', async (_, write, message) => {
    await expect(see(write, { name: 'red' }, { include, expanded: { page } })).rejects.toThrow(
      message,
    )
  })

  test('cannot lose fields, gain them, or change what it is', async () => {
    expect(await see((o) => Reflect.deleteProperty(o, 'name'), { name: 'red' })).toBe(false)
    expect(await see((o) => Reflect.defineProperty(o, 'x', { value: 1 }), {})).toBe(false)
    expect(await see((o) => Reflect.setPrototypeOf(o, null), {})).toBe(false)
  })

  test('can be awaited, shown, copied and searched', async () => {
    const record = { id: 7, name: 'red', page_id: 2 }
    expect(await see((o) => JSON.stringify(o), record)).toBe(JSON.stringify(record))
    expect(await see((o) => ({ ...o }), record)).toEqual(record)
    expect(await see((o) => Object.prototype.toString.call(o), record)).toBe('[object Object]')
    expect(await see((o) => 'name' in o && !('other' in o), record)).toBe(true)
    expect(await see((o) => (o as { then?: unknown }).then, record)).toBeUndefined()
  })

  test('has any field whatever its name, and nothing is polluted', async () => {
    const names = fc.oneof(
      fc.string(),
      fc.constantFrom('__proto__', 'constructor', 'toString', 'then', 'hasOwnProperty', 'toJSON'),
    )
    await fc.assert(
      fc.asyncProperty(names, fc.oneof(fc.string(), fc.integer()), async (name, value) => {
        fc.pre(name !== 'id')
        const record = {
          ...(JSON.parse(`{${JSON.stringify(name)}:${JSON.stringify(value)}}`) as object),
        }
        expect(await see((o) => o[name], record)).toBe(value)
        expect(({} as AnyRecord)['polluted']).toBeUndefined()
      }),
    )
  })
})

describe('runStep', () => {
  class Color extends SyncStep {
    readonly observes = 'Color'
    sync_record(o: AnyRecord, { change, signal, log }: StepContext) {
      log.warn('sync')
      return { seen: [change.operation, change.attempt, signal.aborted, o.id] }
    }
    async delete_record(): Promise<void> {
      throw new TerminalException('in use')
    }
  }

  test('answers the outcome, the feedback and the log', async () => {
    expect(await runStep(new Color(), {})).toEqual({
      outcome: { kind: 'synced', feedback: { seen: ['sync', 1, false, 1] } },
      feedback: { seen: ['sync', 1, false, 1] },
      logs: [{ level: 'warn', message: 'sync', fields: {} }],
    })
  })

  test('deletes, with any signal', async () => {
    const { outcome, feedback } = await runStep(new Color(), {}, { operation: 'delete' })
    expect(outcome).toEqual({ kind: 'failed', text: 'in use', retry: false })
    expect(feedback).toBeUndefined()
    const aborted = await runStep(new Color(), {}, { signal: AbortSignal.abort() })
    expect(aborted.feedback).toEqual({ seen: ['sync', 1, true, 1] })
  })

  test('says that a test gives what the step does not include', async () => {
    await expect(runStep(new Color(), {}, { expanded: { page: {} } })).rejects.toThrow(
      "The test gives page, which the step does not include. Add 'page'",
    )
  })

  test('says that a related record must be one', async () => {
    const step = Object.assign(new Color(), { include: ['page'] })
    await expect(runStep(step, {}, { expanded: { page: 7 } })).rejects.toThrow(
      'Expected page to be a record, a list or null',
    )
  })
})

test.each([-1, 30, '-1s', '5', '2d', 'soon', null])(
  'a delay of %j is a mistake of the step',
  (retryAfter) => {
    expect(() => new DeferredException('x', { retryAfter: retryAfter as Duration })).toThrow(
      `Expected retryAfter to be a duration such as 30s or 5m, got ${JSON.stringify(retryAfter)}`,
    )
  },
)

test('waiting for a record that cannot be is a mistake of the step', () => {
  expect(() => new DeferredException('x', { waitingOn: { model: 'Page', id: 0 } })).toThrow(
    'Expected waitingOn to be the model and id of a record and, if at all, synced, changed or deleted as its state, got {"model":"Page","id":0}',
  )
})
