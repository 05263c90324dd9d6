import type { Output, World } from './world.ts'

/** Whether to write in colours: on a terminal, unless NO_COLOR is set. */
export const hasColours = ({ isTerminal }: Output, { environment }: World): boolean =>
  isTerminal && (environment['NO_COLOR'] ?? '') === ''
