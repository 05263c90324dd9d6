import { SyncStep, type StepContext } from 'syncstep/functions'
import type { HelloWorldService } from '../models/hello-world.ts'

export default class SyncHelloWorldService extends SyncStep<HelloWorldService> {
  readonly observes = 'HelloWorldService'

  sync_record(o: HelloWorldService, { log }: StepContext): void {
    log.info({ hello_from: o.hello_from }, 'HelloWorldService has been updated!')
  }

  delete_record(o: HelloWorldService, { log }: StepContext): void {
    log.info({ hello_from: o.hello_from }, 'HelloWorldService has been deleted!')
  }
}
