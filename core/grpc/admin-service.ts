import type { Server } from '@grpc/grpc-js'
import protobuf from 'protobufjs'
import { adminProto, adminService } from '#contract'
import { applyRecords, type Applied } from '../admin/apply-records.ts'
import { backupStream, restoreStream, type StreamedBackups } from '../backup/stream-backups.ts'
import { requireAdministrator } from '../access/require-administrator.ts'
import { CoreError } from '../errors.ts'
import type { Operations } from '../store/operations/operations.ts'
import { deliveryStates, type Caller, type DeliveryQuestion, type Store } from '../store/port.ts'
import { applyRecipe } from '../tosca/apply.ts'
import { readRecipe } from '../tosca/recipe.ts'
import {
  addMethods,
  type CallerCall,
  type Message,
  type Methods,
  type MethodsOptions,
} from './methods.ts'

export type AdminOptions = MethodsOptions &
  StreamedBackups & {
    readonly store: Store
    readonly operations: Operations
  }

/** How many explanations one answer holds at most. */
const mostExplanations = 1000

const keyOf = ({ model, id }: Message): { readonly model: string; readonly id: number } => ({
  model: String(model),
  id: Number(id),
})

const jsonOf = (value: unknown): string => JSON.stringify(value)

/** Absent parts are empty. */
const deliveryQuestion = (request: Message): DeliveryQuestion => {
  const [asked, step, after] = [
    String(request['state']),
    String(request['step']),
    Number(request['after']),
  ]
  const state = deliveryStates.find((known) => known === asked)
  if (asked !== '' && state === undefined) {
    throw new CoreError('VALIDATION', `Expected one of ${deliveryStates.join(', ')}, got ${asked}`)
  }
  return {
    ...(state === undefined ? {} : { state }),
    ...(step === '' ? {} : { step }),
    ...(after === 0 ? {} : { after }),
    limit: Number(request['limit']),
  }
}

async function* contentsOf(chunks: AsyncIterable<Message>): AsyncGenerator<Uint8Array> {
  for await (const { content } of chunks) {
    // Absent when it is empty.
    if (content instanceof Uint8Array) yield content
  }
}

const methodsOf = (options: AdminOptions): Methods => {
  const { store, operations } = options
  const { deliveries } = store
  /** Whoever may not read a record does not hear of it in other ways either. */
  const requireReadable = async ({ caller }: CallerCall, model: string, id: number) => {
    if (id === 0) requireAdministrator(caller, 'ask about every record')
    else await store.as(caller).get(model, id)
  }

  const delivery = async (caller: Caller, id: number) => ({
    delivery_json: jsonOf(await deliveries.get(caller, id)),
  })

  const apply = async (request: Message, caller: Caller): Promise<readonly Applied[]> => {
    const [recipe, records] = [String(request['recipe']), String(request['records_json'])]
    if ((recipe === '') === (records === '')) {
      throw new CoreError('VALIDATION', 'Expected either a recipe or records')
    }
    if (recipe === '') return applyRecords(store, records, caller)
    const names = await applyRecipe(store, readRecipe(recipe, store.schema()), caller)
    return names.map((name) => ({ name, action: 'applied' }))
  }

  return {
    Why: {
      access: 'caller',
      async answer(request, call) {
        const { model, id } = keyOf(request)
        await requireReadable(call, model, id)
        const limit = Math.min(Number(request['limit']) || mostExplanations, mostExplanations)
        const explanations =
          id === 0
            ? await operations.whyAll(call.caller, model, Math.max(limit, 1))
            : [await operations.why(call.caller, model, id)]
        return { explanations_json: explanations.map(jsonOf) }
      },
    },
    Attempts: {
      access: 'caller',
      async answer(request, call) {
        const { model, id } = keyOf(request)
        await requireReadable(call, model, id)
        return { attempts_json: (await operations.attempts(model, id)).map(jsonOf) }
      },
    },
    Retry: {
      access: 'caller',
      async answer(request, { caller }) {
        requireAdministrator(caller, 'let records run again')
        const { model, id } = keyOf(request)
        return { count: await operations.retry(caller, model, id === 0 ? undefined : id) }
      },
    },
    Release: {
      access: 'caller',
      async answer(request, { caller }) {
        requireAdministrator(caller, 'release records')
        const left = await operations.release(caller, keyOf(request), String(request['reason']))
        return left === undefined ? {} : { explanation_json: jsonOf(left) }
      },
    },
    Apply: {
      access: 'caller',
      answer: async (request, { caller }) => ({ items: await apply(request, caller) }),
    },
    Deliveries: {
      access: 'caller',
      async answer(request, { caller }) {
        const found = await deliveries.list(caller, deliveryQuestion(request))
        return { deliveries_json: found.map(jsonOf) }
      },
    },
    Delivery: {
      access: 'caller',
      answer: async (request, { caller }) => delivery(caller, Number(request['id'])),
    },
    RetryDelivery: {
      access: 'caller',
      async answer(request, { caller }) {
        const id = Number(request['id'])
        await deliveries.retry(caller, id)
        return delivery(caller, id)
      },
    },
    DiscardDelivery: {
      access: 'caller',
      async answer(request, { caller }) {
        const id = Number(request['id'])
        await deliveries.discard(caller, id)
        return delivery(caller, id)
      },
    },
    Backup: {
      access: 'caller',
      async *stream(_requests, { caller }) {
        requireAdministrator(caller, 'make backups')
        for await (const content of backupStream(options, caller)) yield { content }
      },
    },
    Restore: {
      access: 'caller',
      async *stream(chunks, { caller }) {
        requireAdministrator(caller, 'restore backups')
        const { rows, madeAt } = await restoreStream(options, caller, contentsOf(chunks))
        yield { rows, made_at: madeAt }
      },
    },
  }
}

/** Adds `syncstep.v1.Admin` to a server, and answers its full name. */
export const addAdminService = (server: Server, options: AdminOptions): string => {
  const { root } = protobuf.parse(adminProto, { keepCase: true })
  addMethods(server, root.lookupService(adminService), methodsOf(options), options)
  return adminService
}
