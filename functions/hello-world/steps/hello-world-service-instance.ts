import { DeferredException } from 'syncstep/functions'
import { defineStep } from '../models/types.ts'

export default defineStep({
  observes: 'HelloWorldServiceInstance',
  include: ['owner'],

  sync_record(o, { log }) {
    log.info({ hello_to: o.hello_to }, 'HelloWorldServiceInstance has been updated!')

    if (o.hello_to === 'Tyrion Lannister') throw new DeferredException('Maybe later')
    if (o.hello_to === 'Joffrey Baratheon') throw new Error('Maybe not')

    log.info(`${o.owner.leaf_model.hello_from} is saying hello to ${o.hello_to}`)
  },

  delete_record(o, { log }) {
    log.info({ hello_to: o.hello_to }, 'HelloWorldServiceInstance has been deleted!')
  },
})
