import { DeferredException, SyncStep, type StepContext } from 'syncstep/functions'
import type { HelloWorldServiceInstance } from '../models/hello-world.ts'

export default class SyncHelloWorldServiceInstance extends SyncStep<HelloWorldServiceInstance> {
  readonly observes = 'HelloWorldServiceInstance'
  readonly include = ['owner']

  sync_record(o: HelloWorldServiceInstance, { log }: StepContext): void {
    log.info({ hello_to: o.hello_to }, 'HelloWorldServiceInstance has been updated!')

    if (o.hello_to === 'Tyrion Lannister') throw new DeferredException('Maybe later')
    if (o.hello_to === 'Joffrey Baratheon') throw new Error('Maybe not')

    log.info(`${o.owner.leaf_model.hello_from} is saying hello to ${o.hello_to}`)
  }

  delete_record(o: HelloWorldServiceInstance, { log }: StepContext): void {
    log.info({ hello_to: o.hello_to }, 'HelloWorldServiceInstance has been deleted!')
  }
}
