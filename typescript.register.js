import { register } from 'node:module'

// Drops types on the fly in development; production runs dist/ and needs none of this.
register('./scripts/typescript-hooks.js', import.meta.url)
