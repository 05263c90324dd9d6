import { createHost, type Step } from '#functions'
import { realClock } from '../../../cli/real-clock.ts'
import { announce } from './announce.ts'

const nothing = (): undefined => undefined
const step: Step = { observes: 'Item', sync_record: nothing, delete_record: nothing }
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing }
announce(createHost(step, { name: 'bench', log, clock: realClock, callers: 'anyone' }).server)
