import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createTraceparent } from '../../dispatcher/traceparent.ts'

test('a traceparent is valid whatever is drawn', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (drawn) => {
      const [version, traceId, parentId, flags] = createTraceparent(() => drawn).split('-')
      expect([version, flags]).toEqual(['00', '01'])
      expect(traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/)
      expect(parentId).toMatch(/^(?!0{16})[0-9a-f]{16}$/)
    }),
  )
})
