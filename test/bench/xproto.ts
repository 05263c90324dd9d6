import { readFile } from 'node:fs/promises'
import protobuf from 'protobufjs'
import { compile, parse, targets, type Schema, type Source } from '#xproto'
import { interleaved, shown, spreadOf } from './statistics.ts'

const copies = 100
const longestText = 5_000_000

const head = 'option app_label = "core";\n'

/** What core.xproto defines below its head, under other names, so that many of it live side by side. */
const renamer = (core: Source): ((index: number) => string) => {
  const { statements } = parse(core).tree
  const names = statements.flatMap((node) =>
    node.kind === 'message' || node.kind === 'policy' ? [node.name.text] : [],
  )
  const pattern = new RegExp(`\\b(${names.join('|')}|(?<=plural = ")\\w+)\\b`, 'g')
  const body = core.text.replace(head, '')
  return (index) => body.replace(pattern, `$1_${index}`)
}

const copiesUpTo = (copy: (index: number) => string, size: number): string => {
  const texts = [head]
  let length = 0
  for (let index = 0; length < size; index += 1) {
    const text = copy(index)
    texts.push(text)
    length += text.length
  }
  return texts.join('\n')
}

const schemaOf = (sources: readonly Source[]): Schema => {
  const { schema, diagnostics } = compile(sources)
  if (schema === undefined) throw new Error(`Does not compile: ${diagnostics[0]?.message ?? ''}`)
  return schema
}

const protoOf = (schema: Schema): string => {
  const files = targets['proto']?.generate(schema, schema.models) ?? []
  return files.find(({ path }) => path === 'xos.proto')?.text ?? ''
}

const readEveryCharacter = (text: string): number => {
  let sum = 0
  for (let index = 0; index < text.length; index += 1) sum += text.charCodeAt(index)
  return sum
}

type Case = { readonly bytes: number; readonly repeats: number; readonly run: () => unknown }

const bytesOf = (texts: readonly string[]): number =>
  texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)

/** Short runs are repeated, so that what is left over from the run before weighs little. */
const caseOf = (texts: readonly string[], run: () => unknown): Case => {
  const bytes = bytesOf(texts)
  return { bytes, repeats: Math.max(1, Math.round(2_000_000 / bytes)), run }
}

const millisecondsOf = ({ repeats, run }: Case): number => {
  const started = performance.now()
  for (let count = 0; count < repeats; count += 1) run()
  return (performance.now() - started) / repeats
}

/**
 * BX: parse and compile core.xproto (warm), 100 copies of it with other names, and one file of 5 MB. Beside them the
 * same characters only read, and protobufjs, which parses the proto text of the same models and checks nothing.
 */
export const runXproto = async (rounds: number): Promise<void> => {
  const file = new URL('../../xproto/models/core.xproto', import.meta.url)
  const core = { file: 'core.xproto', text: await readFile(file, 'utf8') }
  const copy = renamer(core)
  const many = Array.from({ length: copies }, (_, index) => ({
    file: `${index}.xproto`,
    text: head + copy(index),
  }))
  const long = { file: 'long.xproto', text: copiesUpTo(copy, longestText) }
  const coreProto = protoOf(schemaOf([core]))
  const manyProto = protoOf(schemaOf(many))

  const base = 'core.xproto'
  const cases: Readonly<Record<string, Case>> = {
    [base]: caseOf([core.text], () => schemaOf([core])),
    [`${copies} copies`]: caseOf(
      many.map(({ text }) => text),
      () => schemaOf(many),
    ),
    'one long file': caseOf([long.text], () => schemaOf([long])),
    'one long file, only read': caseOf([long.text], () => readEveryCharacter(long.text)),
    'protobufjs.parse, core.xproto as proto': caseOf([coreProto], () => protobuf.parse(coreProto)),
    [`protobufjs.parse, ${copies} copies as proto`]: caseOf([manyProto], () =>
      protobuf.parse(manyProto),
    ),
  }
  const contenders = Object.fromEntries(
    Object.entries(cases).map(([name, one]) => [name, async () => millisecondsOf(one)]),
  )
  await interleaved(1, contenders)
  const results = await interleaved(rounds, contenders)

  const perByte = (name: string): readonly number[] =>
    (results.get(name) ?? []).map((ms) => (ms * 1_000_000) / (cases[name]?.bytes ?? NaN))
  const limits = perByte(base)
  console.log('\nBX parse and compile')
  for (const [name, { bytes }] of Object.entries(cases)) {
    const title = `${name}, ${Math.round(bytes / 1000).toLocaleString('en')} kB`
    const figure = `${shown(spreadOf(results.get(name) ?? []))} ms`
    const nanoseconds = `${shown(spreadOf(perByte(name)))} ns/byte`
    const ratios = perByte(name).map((value, round) => value / (limits[round] ?? NaN))
    console.log(
      `  ${title.padEnd(50)} ${figure.padEnd(30)} ${nanoseconds.padEnd(34)} ` +
        `${shown(spreadOf(ratios))} of ${base}'s`,
    )
  }
}
