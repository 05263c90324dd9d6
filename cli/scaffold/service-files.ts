import type { Files } from './files.ts'
import { modelPrefix } from './names.ts'

const config = (name: string, prefix: string): string => `name: ${name}

models_dir: models
steps_dir: steps

required_models:
  - ${prefix}Service
  - ${prefix}ServiceInstance

logging:
  level: info
`

const models = (name: string, prefix: string): string => `option name = "${name}";
option app_label = "${name}";

message ${prefix}Service (Service) {
    required string hello_from = 1 [
        help_text = "The name of who is saying hello",
        max_length = 254,
        null = False,
        db_index = False,
        blank = False];
}

message ${prefix}ServiceInstance (ServiceInstance) {
    option owner_class_name = "${prefix}Service";
    required string hello_to = 1 [
        help_text = "The name of who is being greeted",
        max_length = 254,
        null = False,
        db_index = False,
        blank = False];
    optional string greeting = 2 [
        help_text = "What was said",
        max_length = 1024,
        feedback_state = True];
}
`

const serviceStep = (prefix: string): string => `import { defineStep } from '../models/types.ts'

export default defineStep({
  observes: '${prefix}Service',

  async sync_record(o, { log }) {
    log.info({ hello_from: o.hello_from }, '${prefix}Service has been updated!')
  },

  async delete_record(o, { log }) {
    log.info({ hello_from: o.hello_from }, '${prefix}Service has been deleted!')
  },
})
`

const instanceStep = (
  prefix: string,
): string => `import { DeferredException } from 'syncstep/functions'
import { defineStep } from '../models/types.ts'

export default defineStep({
  observes: '${prefix}ServiceInstance',
  include: ['owner'],

  async sync_record(o, { log }) {
    log.info({ hello_to: o.hello_to }, '${prefix}ServiceInstance has been updated!')
    if (o.hello_to === 'Tyrion Lannister') throw new DeferredException('Maybe later')
    return { greeting: \`\${o.owner.hello_from} is saying hello to \${o.hello_to}\` }
  },

  async delete_record(o, { log }) {
    log.info({ hello_to: o.hello_to }, '${prefix}ServiceInstance has been deleted!')
  },
})
`

const stepTest = (
  name: string,
  prefix: string,
): string => `import { expectDeferred, expectSynced, record, runStep } from 'syncstep/testing'
import { test } from 'vitest'
import { ${prefix}Service, ${prefix}ServiceInstance } from '../models/types.ts'
import syncInstance from '../steps/${name}-service-instance.ts'

const greet = (hello_to: string) =>
  runStep(syncInstance, record(${prefix}ServiceInstance, { hello_to }), {
    expanded: { owner: record(${prefix}Service, { hello_from: 'Jhon Snow' }) },
  })

test('the service greets whom its instance names', async () => {
  expectSynced(await greet('Daenerys Targaryen'), {
    greeting: 'Jhon Snow is saying hello to Daenerys Targaryen',
  })
})

test('Tyrion Lannister is greeted later', async () => {
  expectDeferred(await greet('Tyrion Lannister'), 'Maybe later')
})
`

const worldTest = (
  name: string,
  prefix: string,
): string => `import { openWorld, type TestWorld } from 'syncstep/testing/world'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ${prefix}Service, ${prefix}ServiceInstance } from '../models/types.ts'
import syncInstance from '../steps/${name}-service-instance.ts'
import syncService from '../steps/${name}-service.ts'

let world: TestWorld

beforeAll(async () => {
  world = await openWorld({
    folder: new URL('..', import.meta.url),
    steps: { '${name}-service': syncService, '${name}-service-instance': syncInstance },
  })
}, 60_000)

afterAll(() => world.close())

test('an instance is synced after its service, and put off for Tyrion Lannister', async () => {
  const { id: owner_id } = await world.create(${prefix}Service, {
    name: '${prefix}',
    hello_from: 'Jhon Snow',
  })
  const { id } = await world.create(${prefix}ServiceInstance, { hello_to: 'Arya', owner_id })
  await world.untilSynced()

  expect(world.calls.map(({ step }) => step)).toEqual([
    '${name}-service',
    '${name}-service-instance',
  ])
  expect(await world.get(${prefix}ServiceInstance, id)).toMatchObject({
    backend_status: 'OK',
    greeting: 'Jhon Snow is saying hello to Arya',
  })

  await world.update(${prefix}ServiceInstance, id, { hello_to: 'Tyrion Lannister' })
  await world.settle()

  expect(await world.get(${prefix}ServiceInstance, id)).toMatchObject({
    backend_code: 0,
    backend_status: 'Maybe later',
  })
})
`

const recipe = (prefix: string): string => {
  const service = `${prefix}Service`
  return `tosca_definitions_version: tosca_simple_yaml_1_0

imports:
  - custom_types/${service.toLowerCase()}.yaml
  - custom_types/${service.toLowerCase()}instance.yaml
  - custom_types/servicegraphconstraint.yaml

description: Create the service and one instance of it

topology_template:
  node_templates:
    service:
      type: tosca.nodes.${service}
      properties:
        name: ${prefix}
        hello_from: 'Jhon Snow'

    serviceinstance:
      type: tosca.nodes.${service}Instance
      properties:
        name: '${prefix} Service Instance'
        hello_to: 'Daenerys Targaryen'

    constraints:
      type: tosca.nodes.ServiceGraphConstraint
      properties:
        constraints: '["${prefix}"]'
`
}

const readme = (name: string): string => `# ${name}

A synchronizer of Syncstep: models of what should exist, and steps that bring it into being.

| File                  | What it is                                                             |
| --------------------- | ---------------------------------------------------------------------- |
| \`models/*.xproto\`     | the models                                                             |
| \`models/types.ts\`     | their types, which \`npm start\` keeps up to date                        |
| \`steps/*.ts\`          | what brings the records of each model into being, and takes them away  |
| \`test/*.test.ts\`      | tests of one step, and of the whole service, which need nothing else    |
| \`samples/${name}.yaml\` | a recipe that creates one record of each model                         |
| \`config.yaml\`         | how the synchronizer is called, where its parts are, how steps are run |

    npm test          # types, then tests
    npm start         # runs all of it on this machine, and says where
    npm run doctor    # says what is missing or wrong

Another step: \`npx syncstep new step NAME --model MODEL\`. A policy, an event step or a pull step: \`new policy\`, \`new event\`,
\`new pull\`.
`

/** A service as that of the tutorial: models, steps, tests, settings and a recipe. The types of its models are missing. */
export const serviceFiles = (name: string): Files => {
  const prefix = modelPrefix(name)
  return {
    'README.md': readme(name),
    VERSION: '0.1.0\n',
    'config.yaml': config(name, prefix),
    [`models/${name}.xproto`]: models(name, prefix),
    [`steps/${name}-service.ts`]: serviceStep(prefix),
    [`steps/${name}-service-instance.ts`]: instanceStep(prefix),
    [`test/${name}-service-instance.test.ts`]: stepTest(name, prefix),
    [`test/${name}.test.ts`]: worldTest(name, prefix),
    [`samples/${name}.yaml`]: recipe(prefix),
  }
}
