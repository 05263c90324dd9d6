import protoLoader from '@grpc/proto-loader'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { compile, targets, type GeneratedFile, type Model, type Source } from '#xproto'
import { everySource, listLegacyServices, listServices } from '../fixtures/services/read.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import {
  factsOfCompiled,
  factsOfText,
  protocMissing,
  type ProtoFacts,
} from './targets/proto3-facts.ts'
import { typeErrors } from './targets/typescript-check.ts'

/** The models of some texts, compiled together with those they need. */
type Asked = {
  readonly name: string
  readonly sources: readonly Source[]
  readonly own: readonly Source[]
}

const services: readonly Asked[] = [...listServices(), ...listLegacyServices()]
const everything: Asked = { name: 'everything', sources: everySource(), own: everySource() }
const cases = [...services, everything]

// What compiles strictly is the same in the forgiving mode, which the old services need.
const schemas = new Map(
  cases.map(({ name, sources }) => [name, compile(sources, { mode: 'compat' }).schema!]),
)

const modelsOf = ({ name, own }: Asked): readonly Model[] => {
  const files = new Set(own.map(({ file }) => file))
  return schemas.get(name)!.models.filter(({ span }) => files.has(span.file))
}

const generate = (target: string, asked: Asked): readonly GeneratedFile[] =>
  targets[target]!.generate(schemas.get(asked.name)!, modelsOf(asked))

const known = new Map<string, readonly GeneratedFile[]>()

/** What {@link generate} answers, which is made only once. */
const filesOf = (target: string, asked: Asked): readonly GeneratedFile[] => {
  const key = `${target} ${asked.name}`
  const files = known.get(key) ?? generate(target, asked)
  known.set(key, files)
  return files
}

const textsOf = (files: readonly GeneratedFile[]): Readonly<Record<string, string>> =>
  Object.fromEntries(files.map((file) => [file.path, file.text]))

const endingIn = (ending: string, asked: Asked): readonly GeneratedFile[] =>
  Object.keys(targets)
    .flatMap((target) => filesOf(target, asked))
    .filter((file) => file.path.endsWith(ending))

describe.each(Object.keys(targets))('%s', (target) => {
  test.each(cases)('is generated for $name', (asked) => {
    const files = filesOf(target, asked)
    expect(files).not.toEqual([])
    expect(generate(target, asked)).toEqual(files)
    expect(new Set(files.map((file) => file.path)).size).toBe(files.length)
    for (const file of files) {
      expect(file.path).toMatch(/^\w[\w.-]*(\/\w[\w.-]*)*$/)
      expect(file.text).toMatch(/[^\n]\n$/)
      expect(file.text).not.toMatch(/\r|\[object |\bNaN\b|\b20\d\d-\d\d-\d\d\b/)
    }
  })

  test.each(cases)('names every model of $name that has records', (asked) => {
    const text = filesOf(target, asked)
      .map((file) => `${file.path}\n${file.text}`)
      .join('')
    const words = new Set(text.match(/\w+/g))
    const missing = modelsOf(asked).filter(({ name }) => !words.has(name))
    expect(missing.filter((model) => !isPassedOver(target, model))).toEqual([])
  })
})

/** Whether a target has a reason to say nothing of the model. */
const isPassedOver = (target: string, { abstract, guiHidden, fields }: Model): boolean =>
  abstract ||
  (target === 'modeldefs' && guiHidden) ||
  (target === 'model-deps' && fields.every(({ kind }) => kind !== 'link'))

test('the TypeScript texts of all services compile under the strictest settings', () => {
  const files = services.flatMap((asked) =>
    endingIn('.ts', asked).map((file) => [`${asked.name}/${file.path}`, file.text] as const),
  )
  expect(files.length).toBeGreaterThanOrEqual(services.length)
  expect(typeErrors(Object.fromEntries(files))).toEqual([])
})

test.each(cases)('the protobuf texts of $name load', async (asked) => {
  const folder = await temporaryFolder(textsOf(filesOf('proto', asked)))
  // The other form of it hangs on a type that does not exist.
  const loaded = protoLoader.loadSync('xos.proto', { includeDirs: [folder] })
  const lists = modelsOf(asked)
    .filter(({ abstract }) => !abstract)
    .flatMap(({ name, plural }) => [`xos.${name}`, `xos.${plural}`])
  expect(lists.filter((name) => loaded[name] === undefined)).toEqual([])
})

test.for(cases)('the protobuf compiler takes the texts of $name', (asked, { skip }) => {
  skip(protocMissing !== undefined, protocMissing)
  const files = filesOf('proto', asked)
  expect(messagesOf(factsOfCompiled(files))).toEqual(messagesOf(factsOfText(files)))
})

const messagesOf = ({ messages }: ProtoFacts): readonly string[] => messages.map(({ name }) => name)

test.each(cases)('the YAML texts of $name are YAML', (asked) => {
  const files = endingIn('.yaml', asked)
  expect(files.length).toBeGreaterThan(0)
  const remarks = files.flatMap((file) =>
    parseAllDocuments(file.text).flatMap(({ errors, warnings }) =>
      [...errors, ...warnings].map(({ message }) => `${file.path}: ${message}`),
    ),
  )
  expect(remarks).toEqual([])
})

test.each(cases)('the JSON texts of $name are JSON', (asked) => {
  for (const { text } of endingIn('.json', asked)) {
    expect(() => JSON.parse(text) as unknown).not.toThrow()
  }
})

test.each(services)('the JSON schemas of $name are schemas', (asked) => {
  const [file] = filesOf('json-schema', asked)
  const document = JSON.parse(file!.text) as { readonly $id: string; readonly $defs: object }
  const ajv = new Ajv2020({ strict: true, validateFormats: false }).addSchema(document)
  for (const model of Object.keys(document.$defs)) {
    for (const part of ['', '/$defs/create', '/$defs/update', '/$defs/feedback']) {
      const validate = ajv.getSchema(`${document.$id}#/$defs/${model}${part}`)!
      expect(validate({ no_such_field: 1 })).toBe(false)
    }
  }
})
