import { compile, render, type Compiled, type Diagnostic, type Schema, type Source } from '#xproto'
import { CoreError, NotYetError } from '../../errors.ts'
import { sourcesOf, type Manifest } from './manifest.ts'

export type CompiledServices = Compiled & { readonly sources: readonly Source[] }

/** What another service may mend or break by being loaded, so that it is never forgiven, and never said to be final. */
const upToOthers: ReadonlySet<Diagnostic['code']> = new Set([
  'XP_UNKNOWN_BASE',
  'XP_UNKNOWN_TARGET',
])

/** What is forgiven within a service, but not between two. */
const forgivenWithin: ReadonlySet<Diagnostic['code']> = new Set([
  'XP_DUPLICATE_MODEL',
  'XP_DUPLICATE_POLICY',
  'XP_DUPLICATE_FIELD',
  'XP_DUPLICATE_REVERSE_NAME',
  'XP_APP_BORROWED',
])

/** The service that brought a file of a schema or diagnostic; undefined for the core. */
export const serviceOf = (file: string): string | undefined => {
  const end = file.indexOf('/')
  return end < 0 ? undefined : file.slice(0, end)
}

/** The core models with those of the services, each service in the mode in which it was loaded. */
export const compileServices = (
  coreModels: readonly Source[],
  manifests: readonly Manifest[],
): CompiledServices => {
  const sources = [...coreModels, ...manifests.flatMap(sourcesOf)]
  const compat = new Set(manifests.filter(({ mode }) => mode === 'compat').map(({ name }) => name))
  const forgives = ({ code, span, notes }: Diagnostic): boolean => {
    const service = serviceOf(span.file)
    if (service === undefined || !compat.has(service) || upToOthers.has(code)) return false
    return !forgivenWithin.has(code) || notes.every((note) => serviceOf(note.span.file) === service)
  }
  return { ...compile(sources, { mode: 'compat', forgives }), sources }
}

/** Throws VALIDATION with every mistake in the texts; {@link NotYetError} when models of others may be missing. */
export const schemaOf = (coreModels: readonly Source[], manifests: readonly Manifest[]): Schema => {
  const { schema, diagnostics, sources } = compileServices(coreModels, manifests)
  if (schema !== undefined) return schema
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  const message = errors.map((error) => render(error, sources)).join('\n\n')
  if (errors.some(({ code }) => upToOthers.has(code))) throw new NotYetError(message)
  throw new CoreError('VALIDATION', message)
}
