import { defineStep } from '../models/types.ts'

export default defineStep({
  observes: 'HelloWorldService',

  sync_record(o, { log }) {
    log.info({ hello_from: o.hello_from }, 'HelloWorldService has been updated!')
  },

  delete_record(o, { log }) {
    log.info({ hello_from: o.hello_from }, 'HelloWorldService has been deleted!')
  },
})
