/**
 * Test world: a whole synchronizer in one process, in memory, under a clock that tests turn.
 *
 * Start with {@link openTestWorld}. Core and dispatcher are those of production; only the way to a function is short.
 * Authors of steps get it as `syncstep/testing/world`, which reads their project.
 */
export { openTestWorld } from './test-world/open-test-world.ts'
export type { TestWorld, WorldCall } from './test-world/test-world.ts'
