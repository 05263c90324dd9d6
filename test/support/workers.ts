import { availableParallelism } from 'node:os'

/** How many files of tests run at once. Each has a server of PostgreSQL, and more of them would only wait for disks. */
export const workers = Math.min(availableParallelism(), 4)
