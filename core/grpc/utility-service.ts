import type { Authenticator } from '../access/authenticate.ts'
import { CoreError } from '../errors.ts'
import type { Records, Store } from '../store/port.ts'
import { listDirtyModels, setDirtyModels } from '../utility/dirty-models.ts'
import {
  populatedServiceInstance,
  type PopulatedServiceInstance,
} from '../utility/populated-service-instance.ts'
import { versionInfo } from '../utility/version.ts'
import { asException } from './failures.ts'
import type { CallerCall, Methods } from './methods.ts'

export type UtilityOptions = { readonly store: Store; readonly authenticator: Authenticator }

/** Numbers of `DatabaseStatus`. */
const databaseStatuses = { OPERATIONAL: 1, ERROR: 2 } as const

const populatedOrExcept = async (
  records: Records,
  id: number,
): Promise<PopulatedServiceInstance> => {
  try {
    return await populatedServiceInstance(records, id)
  } catch (thrown) {
    if (!(thrown instanceof CoreError) || thrown.code !== 'NOT_FOUND') throw thrown
    throw asException(thrown)
  }
}

/** `xos.utility` (reference core-api.md 4.2). */
export const utilityMethods = ({ store, authenticator }: UtilityOptions): Methods => {
  const records = ({ caller }: CallerCall): Records => store.as(caller)
  return {
    Login: {
      access: 'anyone',
      async answer({ username, password }, { address }) {
        if (username === '') throw new CoreError('NOT_AUTHENTICATED', 'No username')
        const id = await authenticator.login(String(username), String(password), address)
        return { sessionid: id }
      },
    },
    Logout: {
      access: 'anyone',
      async answer(_request, { metadata }) {
        const [id] = metadata.get('x-xossession')
        if (id !== undefined) await authenticator.logout(String(id))
        return {}
      },
    },
    NoOp: { access: 'anyone', answer: () => ({}) },
    AuthenticatedNoOp: { access: 'caller', answer: () => ({}) },
    SetDirtyModels: {
      access: 'caller',
      answer: async ({ class_name: glob }, call) => ({
        items: await setDirtyModels(store.schema(), records(call), String(glob)),
      }),
    },
    ListDirtyModels: {
      access: 'caller',
      answer: async ({ class_name: glob }, call) => ({
        items: await listDirtyModels(store.schema(), records(call), String(glob)),
      }),
    },
    GetXproto: { access: 'anyone', answer: async () => ({ xproto: await store.xproto() }) },
    GetPopulatedServiceInstances: {
      access: 'caller',
      answer: ({ id }, call) => populatedOrExcept(records(call), Number(id)),
    },
    GetVersion: { access: 'anyone', answer: () => versionInfo() },
    GetDatabaseInfo: {
      access: 'anyone',
      async answer() {
        const info = await store.databaseInfo()
        return { ...info, status: databaseStatuses[info.status] }
      },
    },
  }
}
