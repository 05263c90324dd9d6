import { openStore, type OpenStore, type StoreOptions } from './store/store.ts'

/** The core without its faces: the records, and the work they make. Closing it closes the database. */
export type Core = OpenStore

export const openCore = (options: StoreOptions): Promise<Core> => openStore(options)
