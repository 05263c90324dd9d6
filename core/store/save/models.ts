import { prepareAddressPool } from './address-pool.ts'
import { prepareBackupOperation } from './backup-operation.ts'
import type { Draft } from './draft.ts'
import { prepareServiceInstance } from './service-instance.ts'
import { prepareServiceInstanceLink } from './service-instance-link.ts'
import { prepareSlice } from './slice.ts'
import { prepareUser } from './user.ts'

/** What core models do before a record of theirs, or of one that derives from them, is saved (reference core-api.md 2.7). */
const preparations: Readonly<Record<string, (draft: Draft) => void | Promise<void>>> = {
  AddressPool: prepareAddressPool,
  BackupOperation: prepareBackupOperation,
  ServiceInstance: prepareServiceInstance,
  ServiceInstanceLink: prepareServiceInstanceLink,
  Slice: prepareSlice,
  User: prepareUser,
}

/** Lets the models of a record fill in what they know, and refuse what they do not allow. */
export const prepare = async (draft: Draft): Promise<void> => {
  for (const name of draft.model.ancestry) {
    if (Object.hasOwn(preparations, name)) await preparations[name]?.(draft)
  }
}
