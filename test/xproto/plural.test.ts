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
  // Some words have a plural of their own when they are the whole name, and another at the end of a name.
  ['Chassis', 'Chassis'],
  ['LineChassis', 'LineChasses'],
  ['Money', 'Monies'],
  ['PocketMoney', 'PocketMoneys'],
  ['Child', 'Children'],
  ['SecondChild', 'SecondChilds'],
  ['News', 'News'],
  ['LocalNews', 'LocalNewss'],
  ['Scissors', 'Scissors'],
  ['Diabetes', 'Diabetes'],
  ['Headquarters', 'Headquarters'],
  ['Loaf', 'Loaves'],
  ['German', 'Germans'],
  ['Self', 'Selves'],
  ['Aircraft', 'Aircraft'],
  ['SoloPiano', 'SoloPianos'],
  ['Quartz', 'Quartzes'],
  ['Stomach', 'Stomachs'],
  // What replaces a whole word is in small letters.
  ['ServiceFoot', 'Servicefeet'],
  ['FireMan', 'Firemen'],
  ['ServicePerson', 'ServicePeople'],
  ['constructor', 'constructors'],
])('the plural of %s is %s', (name, plural) => {
  expect(pluralOf(name)).toBe(plural)
})
