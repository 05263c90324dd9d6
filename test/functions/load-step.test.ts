import { describe, expect, test } from 'vitest'
import { loadStep, StepError, SyncStep } from '#functions'

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
      'with everything that is missing at once',
      { default: {} },
      'Step color is no step: observes must be the name of a model, got nothing; sync_record must be a method, got nothing; delete_record must be a method, got nothing',
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
