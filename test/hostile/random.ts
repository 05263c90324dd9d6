import fc from 'fast-check'
import type protobuf from 'protobufjs'

/** Texts that some program somewhere stumbles over. */
export const nastyTexts: readonly string[] = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\uFEFF\u202E\u2028',
  '👩‍👩‍👧‍👦'.repeat(100),
  "'; drop table record; --",
  '%s%n{obj.name}${1+1}$1 $$ \\',
  '__proto__',
  'constructor',
  '../../../../etc/passwd',
  'file:///etc/passwd',
  '<script>alert(1)</script>',
  '(a+)+$',
  '((((((((((.*)*)*)*)*)*)*)*)*)*)*\\1',
  `${'('.repeat(5_000)}${')'.repeat(5_000)}`,
  'a{1000}{1000}{1000}',
  '['.repeat(1_000),
  'owner__'.repeat(2_000),
  'owner__owner__name__regex__regex',
  '{"a":'.repeat(5_000),
  '-1e999',
  'NaN',
  '9'.repeat(400),
  'x'.repeat(100_000),
]

/** Never the first user, whose password the tests need. */
const ids = fc.constantFrom(0, -1, 2, 99_999, 2 ** 31 - 1, -(2 ** 31))

const nasty = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...nastyTexts) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }) },
)

const scalar = (type: string): fc.Arbitrary<unknown> => {
  switch (type) {
    case 'string':
      return nasty
    case 'bool':
      return fc.boolean()
    case 'bytes':
      return fc.uint8Array({ maxLength: 200 })
    case 'double':
    case 'float':
      return fc.oneof(fc.double(), fc.constantFrom(NaN, Infinity, -Infinity, 1e308, -1))
    default:
      return ids
  }
}

const fieldOf = (field: protobuf.Field, depth: number): fc.Arbitrary<unknown> => {
  const { resolvedType, type } = field.resolve()
  const one =
    resolvedType === null
      ? scalar(type)
      : 'values' in resolvedType
        ? fc.constantFrom(...Object.values(resolvedType.values), 77, -1)
        : messageOf(resolvedType, depth + 1)
  return field.repeated ? fc.array(one, { maxLength: 3 }) : one
}

/** A message of the type with some of its fields set to anything. */
const messageOf = (type: protobuf.Type, depth = 0): fc.Arbitrary<object> =>
  depth > 3
    ? fc.constant({})
    : fc.record(
        Object.fromEntries(type.fieldsArray.map((field) => [field.name, fieldOf(field, depth)])),
        { requiredKeys: [] },
      )

/** The bytes of such a message, sometimes cut off or with one byte changed. */
export const messageBytes = (type: protobuf.Type): fc.Arbitrary<Buffer> =>
  fc
    .tuple(messageOf(type), fc.constantFrom('whole', 'cut', 'bent'), fc.nat())
    .map(([message, how, at]) => {
      const bytes = Buffer.from(type.encode(type.fromObject(message)).finish())
      if (bytes.length === 0 || how === 'whole') return bytes
      const place = at % bytes.length
      if (how === 'cut') return bytes.subarray(0, place)
      bytes[place] = (bytes[place] ?? 0) ^ 0x55
      return bytes
    })

export const anyBytes = fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes))
