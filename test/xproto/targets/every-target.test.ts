import { expect, test } from 'vitest'
import { compile, type Schema, type Source } from '#xproto'
import { targets } from '../../../xproto/targets/index.ts'
import type { GeneratedFile } from '../../../xproto/targets/target.ts'
import { everySource, listLegacyServices } from '../../fixtures/services/read.ts'
import { coreSource } from '../../fixtures/xproto/read.ts'

const schemaOf = (sources: readonly Source[]): Schema => {
  const { schema, diagnostics } = compile(sources, { mode: 'compat' })
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  return schema!
}

const inputs: readonly (readonly [name: string, sources: readonly Source[]])[] = [
  ['the core models', [coreSource]],
  ...listLegacyServices().map(({ name, sources }) => [name, sources] as const),
  ['every service', everySource()],
]

const generate = (target: string, schema: Schema, names?: readonly string[]) =>
  targets[target]!.generate(
    schema,
    schema.models.filter(({ name }) => names?.includes(name) ?? true),
  )

const faultsOf = ({ path, text }: GeneratedFile): readonly string[] => [
  ...(/^[\w.-]+(?:\/[\w.-]+)*$/.test(path) ? [] : [`${path} is no relative path`]),
  ...(text.endsWith('\n') ? [] : [`${path} does not end with a line break`]),
  ...(/\b20\d\d-[01]\d-[0-3]\d|\b[0-2]\d:[0-5]\d:[0-5]\d\b/.test(text)
    ? [`${path} has a date`]
    : []),
  ...(/\bundefined\b|\bNaN\b|\[object /.test(text) ? [`${path} has a value that is none`] : []),
]

test.each(inputs)('all targets write the same files about %s each time', (_name, sources) => {
  const schema = schemaOf(sources)
  const again = schemaOf(sources)
  for (const target of Object.keys(targets)) {
    const files = generate(target, schema)
    expect(generate(target, again), target).toEqual(files)
    expect(files.flatMap(faultsOf), target).toEqual([])
    expect(files.length, target).toBeGreaterThan(0)
    expect(new Set(files.map(({ path }) => path)).size, target).toBe(files.length)
  }
})

test.each(inputs)('all targets can be asked for some of the models of %s', (_name, sources) => {
  const schema = schemaOf(sources)
  const some = schema.models.filter((_, index) => index % 5 === 0).map(({ name }) => name)
  for (const target of Object.keys(targets)) {
    for (const names of [some, []]) {
      expect(generate(target, schema, names).flatMap(faultsOf), target).toEqual([])
    }
  }
})
