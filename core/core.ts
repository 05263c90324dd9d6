import { openStore, type OpenStore, type StoreOptions } from './store/store.ts'

export type Core = OpenStore & { close(): Promise<void> }

/** The core without its faces: the records, and the work they make. Closing it closes the database. */
export const openCore = async (options: StoreOptions): Promise<Core> => {
  return { ...(await openStore(options)), close: () => options.database.close() }
}
