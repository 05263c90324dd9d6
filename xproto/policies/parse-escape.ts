import { errorAt, type Report } from '../diagnostics.ts'
import type { Identifier } from '../syntax.ts'
import { textOf } from '../values.ts'
import type { EscapeExpression } from './escape-syntax.ts'

/** Leaves the escape at hand; the mistake has been reported. Never leaves this file. */
class Mistake extends Error {}

/** Longer ones belong into the language itself. Bounds the depth of what is read, too. */
const maxLength = 1000
const maxDepth = 50

const allowed =
  'An escape holds texts, whole numbers, True, False, None, paths from obj and ctx, len(x), ' +
  '.startswith(x), .endswith(x), .lower(), .upper(), .strip(), in, ==, !=, <, <=, is None, + and -, and, or, not'

type EscapeToken = {
  readonly kind: 'name' | 'number' | 'string' | 'sign' | 'unknown' | 'end'
  readonly text: string
  readonly start: number
}

const patterns: readonly (readonly [EscapeToken['kind'] | 'blank', RegExp])[] = [
  ['blank', /\s+/y],
  ['name', /[A-Za-z_]\w*/y],
  ['number', /\d[\w.]*/y],
  ['string', /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/y],
  ['sign', /[=!<>]=|[<>().+-]/y],
]

const tokenAt = (text: string, start: number) => {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = start
    const match = pattern.exec(text)
    if (match !== null) return { kind, text: match[0] }
  }
  return { kind: 'unknown' as const, text: text.slice(start).split(/[\w\s]/, 1)[0] || text[start] }
}

const scanEscape = (text: string): readonly EscapeToken[] => {
  const tokens: EscapeToken[] = []
  let start = 0
  while (start < text.length) {
    const { kind, text: found = '' } = tokenAt(text, start)
    if (kind !== 'blank') tokens.push({ kind, text: found, start })
    start += found.length
  }
  tokens.push({ kind: 'end', text: '', start })
  return tokens
}

/** Words of Python that cannot start a path. */
const words: ReadonlySet<string> = new Set('and or not in is if else for lambda len'.split(' '))

const constants: ReadonlyMap<string, boolean | null> = new Map([
  ['True', true],
  ['False', false],
  ['None', null],
])

/** Reads the text of an escape, braces left off. Reports a mistake and returns undefined. */
export const readEscape = (
  { text, span }: Identifier,
  report: Report,
): EscapeExpression | undefined => {
  const tokens = scanEscape(text.slice(0, maxLength + 1))
  let index = 0
  let depth = 0

  const peek = (ahead = 0): EscapeToken =>
    tokens[Math.min(index + ahead, tokens.length - 1)] ?? { kind: 'end', text: '', start: 0 }
  const spanOf = ({ start, text: found }: EscapeToken) => ({
    file: span.file,
    start: span.start + start,
    end: span.start + start + found.length,
  })

  const fail = (at = peek()): never => {
    const found = at.kind === 'end' ? 'the end' : JSON.stringify(at.text.slice(0, 40))
    report(errorAt('XP_POLICY_ESCAPE', spanOf(at), `${allowed}; found ${found}.`))
    throw new Mistake()
  }

  const failAsTooLong = (): never => {
    const message = `An escape has at most ${maxLength} characters, nested at most ${maxDepth} deep; write this as a policy.`
    report(errorAt('XP_POLICY_ESCAPE', span, message))
    throw new Mistake()
  }

  const isNext = (...texts: readonly string[]): boolean =>
    texts.every((wanted, ahead) => {
      const { kind, text: found } = peek(ahead)
      return found === wanted && (kind === 'sign' || kind === 'name')
    })
  const accept = (...texts: readonly string[]): boolean => {
    if (!isNext(...texts)) return false
    index += texts.length
    return true
  }
  const expect = (wanted: string): void => {
    if (!accept(wanted)) fail()
  }

  const deeper = <T>(read: () => T): T => {
    depth += 1
    if (depth > maxDepth) failAsTooLong()
    const result = read()
    depth -= 1
    return result
  }

  const readArgument = (): EscapeExpression => {
    const argument = deeper(readExpression)
    expect(')')
    return argument
  }

  const readPath = (): EscapeExpression => {
    const first = peek()
    if (words.has(first.text)) fail()
    const names = [first.text]
    index += 1
    while (isNext('.') && peek(1).kind === 'name' && peek(2).text !== '(') {
      names.push(peek(1).text)
      index += 2
    }
    if (isNext('(')) fail(first)
    const last = spanOf(peek(-1))
    return { kind: 'path', names, span: { ...last, start: span.start + first.start } }
  }

  const numberOf = (token: EscapeToken): number =>
    /^\d+$/.test(token.text) ? Number(token.text) : fail(token)

  const readAtom = (): EscapeExpression => {
    const token = peek()
    if (accept('(')) return readArgument()
    if (accept('len', '(')) return { kind: 'length', operand: readArgument() }
    const constant = constants.get(token.text)
    if (token.kind === 'name' && constant === undefined) return readPath()
    index += 1
    if (constant !== undefined) return { kind: 'literal', value: constant }
    if (token.kind === 'number') return { kind: 'literal', value: numberOf(token) }
    if (token.kind !== 'string') return fail(token)
    const value = textOf({ kind: 'string', text: token.text.slice(1, -1), span: spanOf(token) })
    return { kind: 'literal', value }
  }

  const readMethod = (operand: EscapeExpression): EscapeExpression => {
    if (accept('startswith', '(')) return { kind: 'starts-with', operand, part: readArgument() }
    if (accept('endswith', '(')) return { kind: 'ends-with', operand, part: readArgument() }
    if (accept('lower', '(', ')')) return { kind: 'lower', operand }
    if (accept('upper', '(', ')')) return { kind: 'upper', operand }
    if (accept('strip', '(', ')')) return { kind: 'strip', operand }
    return fail()
  }

  const readCalls = (): EscapeExpression => {
    let expression = readAtom()
    while (accept('.')) expression = readMethod(expression)
    return expression
  }

  const readNegative = (): EscapeExpression => {
    if (!accept('-')) return readCalls()
    const token = peek()
    index += 1
    return { kind: 'literal', value: -numberOf(token) }
  }

  const readSum = (): EscapeExpression => {
    let left = readNegative()
    while (isNext('+') || isNext('-')) {
      const kind = accept('+') ? '+' : '-'
      if (kind === '-') index += 1
      left = { kind, left, right: readCalls() }
    }
    return left
  }

  const negated = (operand: EscapeExpression): EscapeExpression => ({ kind: 'not', operand })
  const none: EscapeExpression = { kind: 'literal', value: null }

  const readOperator = (left: EscapeExpression): EscapeExpression => {
    if (accept('is', 'not', 'None')) return negated({ kind: '==', left, right: none })
    if (accept('is', 'None')) return { kind: '==', left, right: none }
    if (accept('not', 'in')) return negated({ kind: 'in', left, right: readSum() })
    if (accept('!=')) return negated({ kind: '==', left, right: readSum() })
    for (const kind of ['in', '==', '<=', '<', '>=', '>'] as const) {
      if (accept(kind)) return { kind, left, right: readSum() }
    }
    return left
  }

  const readNot = (): EscapeExpression =>
    accept('not') ? negated(deeper(readNot)) : readOperator(readSum())

  const readChain = (kind: 'and' | 'or', read: () => EscapeExpression): EscapeExpression => {
    const first = read()
    if (!isNext(kind)) return first
    const operands = [first]
    while (accept(kind)) operands.push(read())
    return { kind, operands }
  }

  const readExpression = (): EscapeExpression => readChain('or', () => readChain('and', readNot))

  try {
    if (text.length > maxLength) failAsTooLong()
    const expression = readExpression()
    if (peek().kind !== 'end') fail()
    return expression
  } catch (thrown) {
    if (!(thrown instanceof Mistake)) throw thrown
    return undefined
  }
}
