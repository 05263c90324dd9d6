import type { Report } from '../diagnostics.ts'
import type { Program } from '../program.ts'

/** Looks for one kind of mistake and reports each. Never throws, never changes the program. */
export type Check = (program: Program, report: Report) => void
