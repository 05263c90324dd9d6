import { describe, expect, test } from 'vitest'
import { loadStep, StepError, SyncStep } from '#functions'

const nothing = (): undefined => undefined

const step = {
  observes: 'Color',
  sync_record: () => undefined,
  delete_record: () => undefined,
}

describe('a step is', () => {
  test('an object', () => {
    expect(loadStep({ default: step }, 'color')).toBe(step)
  })

  test('a class', () => {
    class Color extends SyncStep {
      readonly observes = 'Color'
      readonly include = ['page.site', 'inks']
      sync_record() {
        return undefined
      }
      delete_record() {
        return undefined
      }
    }
    expect(loadStep({ default: Color }, 'color')).toBeInstanceOf(Color)
  })
})

test.each([
  { ...step, after_policy: true, fields: ['name', 'page_id'] },
  { ...step, filter: { 'page.name': ['a', 'b'], inks: true } },
  { observes: 'Color', include: ['page'], handle_delete: nothing },
  { process_event: nothing },
  { types: ['org.onos.*', '*'], sources: ['/onos'], topics: ['a'], process_event: nothing },
  { pull_records: nothing },
  { every: '100ms', pull_records: nothing },
])('a step of any kind is loaded: %j', (exported) => {
  expect(loadStep({ default: exported }, 'color')).toBe(exported)
})

describe('a module is refused', () => {
  const noDefault = 'Step color must have a default export that is a class or an object, got'
  test.each<[string, unknown, string]>([
    ['without a default export', { step }, `${noDefault} nothing`],
    ['that is nothing', undefined, `${noDefault} nothing`],
    ['that exports a text', { default: 'x' }, `${noDefault} 'x'`],
    [
      'that exports an arrow function',
      { default: () => step },
      'Step color cannot be constructed: () => step is not a constructor',
    ],
    [
      'whose class throws',
      {
        default: class {
          readonly observes = ((): string => {
            throw new Error('no')
          })()
        },
      },
      'Step color cannot be constructed: no',
    ],
    [
      'without a method of any kind of step',
      { default: { observes: 'Color' } },
      'Step color is no step: it has none of sync_record, delete_record (a sync step); handle_create, handle_update, handle_delete (a policy); process_event (an event step); pull_records (a pull step)',
    ],
    [
      'with methods of several kinds',
      { default: { ...step, process_event: () => undefined } },
      'Step color is no step: it has methods of a sync step and of an event step; give each a file of its own',
    ],
    [
      'with everything that is missing at once',
      { default: { delete_record: 1 } },
      'Step color is no step: observes must be the name of a model, got nothing; sync_record must be a method, got nothing; delete_record must be a method, got a number',
    ],
    [
      'whose reads are none',
      { default: { ...step, after_policy: 'yes', fields: ['name', 'page.name'], filter: 'a' } },
      "Step color is no step: filter must be a map from paths such as 'owner.name' to values, got 'a'; after_policy must be true or false, got 'yes'; fields must have names of fields, got 'page.name'",
    ],
    [
      'that is a policy with mistakes',
      { default: { include: 'page', handle_update: {} } },
      "Step color is no step: observes must be the name of a model, got nothing; include must be a list of paths, got 'page'; handle_update must be a method, got a object",
    ],
    [
      'that is an event step with mistakes',
      { default: { process_event: () => undefined, types: 'a', topics: ['onos.*', 'a*b', 7] } },
      "Step color is no step: types must be a list of types of events, got 'a'; topics must have topics, which may end in *, got 'a*b'; topics must have topics, which may end in *, got a number",
    ],
    [
      'that is a pull step with mistakes',
      { default: { pull_records: () => undefined, every: 30 } },
      "Step color is no step: every must be a duration from '100ms' to '24h' such as '30s', got a number",
    ],
    [
      'that observes no model',
      { default: { ...step, observes: ['Color'] } },
      'Step color is no step: observes must be the name of a model, got a object',
    ],
    [
      'whose include is no list',
      { default: { ...step, include: 'page' } },
      "Step color is no step: include must be a list of paths, got 'page'",
    ],
    [
      'whose include has no path',
      { default: { ...step, include: ['page', 'a..b'] } },
      "Step color is no step: include must have paths of at most 3 links such as 'owner.site', got 'a..b'",
    ],
    [
      'whose include goes too far',
      { default: { ...step, include: ['a.b.c', 'a.b.c.d'] } },
      "Step color is no step: include must have paths of at most 3 links such as 'owner.site', got 'a.b.c.d'",
    ],
  ])('%s', (_, module, message) => {
    const load = () => loadStep(module, 'color')
    expect(load).toThrow(StepError)
    expect(load).toThrow(expect.objectContaining({ code: 'STEP_MALFORMED', message }) as Error)
  })
})
