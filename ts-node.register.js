import { register } from 'node:module'

// Transpiles TypeScript on the fly in development; production runs dist/ and needs none of this.
register('ts-node/esm', import.meta.url)
