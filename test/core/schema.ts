import { readFileSync } from 'node:fs'
import { compile, type Schema } from '#xproto'

const core = new URL('../../xproto/models/core.xproto', import.meta.url)

/** The core models and the given text, compiled. */
export const schemaWith = (text: string): Schema => {
  const { schema, diagnostics } = compile([
    { file: 'core.xproto', text: readFileSync(core, 'utf8') },
    { file: 'more.xproto', text },
  ])
  if (schema === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
  return schema
}
