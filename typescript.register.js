import { register } from 'node:module'
import process from 'node:process'

// Drops types on the fly in development; production runs dist/ and needs none of this. A process in advance of a step
// has time to load the compiler before it needs it.
register('./scripts/typescript-hooks.js', import.meta.url, {
  data: { loadsEarly: process.argv[1]?.endsWith('spare.ts') === true },
})
