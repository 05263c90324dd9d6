import { expect, test } from 'vitest'
import { pluralOf } from '../../xproto/plural.ts'
import { golden } from '../fixtures/xproto/read.ts'

const known = Object.entries({ ...golden.pluralsOfModels, ...golden.pluralsOfWords })

test.each(known)('the plural of %s is %s, as in XOS', (name, plural) => {
  expect(pluralOf(name)).toBe(plural)
})

test.each([
  ['ControllerImages', 'ControllerImageses'],
  ['ImageDeployments', 'ImageDeploymentss'],
  ['HSS', 'HSSES'],
  ['M', 'MS'],
  ['Alias', 'Aliases'],
  ['Canvas', 'Canvases'],
  ['Datum', 'Data'],
  ['KubernetesData', 'KubernetesDatas'],
  ['Fireman', 'Firemen'],
  ['Goose', 'Geese'],
  ['Tooth', 'Teeth'],
  ['Quiz', 'Quizzes'],
  ['Host', 'Hosts'],
  ['Chassis', 'Chasses'],
  ['constructor', 'constructors'],
])('the plural of %s is %s', (name, plural) => {
  expect(pluralOf(name)).toBe(plural)
})
