import { expect, test } from 'vitest'
import type { EventFilter } from '#contract'
import { isWanted } from '../../../../core/store/deliveries/wanted.ts'

const type = 'org.onf.voltha.onu.discovered'
const source = '/apis/v1/namespaces/default/kafkasources/voltha#voltha.events'

test.each<[EventFilter, boolean]>([
  [{}, true],
  [{ types: [], sources: [], topics: [] }, true],
  [{ types: [type] }, true],
  [{ types: ['org.onf.voltha.onu'] }, false],
  [{ types: ['org.onf.voltha.*'] }, true],
  [{ types: ['other', '*'] }, true],
  [{ types: ['*.discovered'] }, false],
  [{ sources: ['/apis/*'] }, true],
  [{ sources: ['/other/*'] }, false],
  [{ topics: ['voltha.events'] }, true],
  [{ topics: ['voltha'] }, false],
  [{ topics: ['voltha*'] }, true],
  [{ types: [type], topics: ['other'] }, false],
  [{ types: ['other'], topics: ['voltha.events'] }, false],
])('a step with the filter %j is sent the event: %s', (filter, wanted) => {
  expect(isWanted(filter, { type, source })).toBe(wanted)
})

test('what came over no topic is for no step that names topics', () => {
  expect(isWanted({ topics: ['*'] }, { type, source: '/somewhere' })).toBe(false)
})
