import { errorAt, warningAt, type Diagnostic, type Report } from '../diagnostics.ts'
import type { Span } from '../source.ts'
import type { Identifier } from '../syntax.ts'
import { textOf } from '../values.ts'
import { readEscape } from './parse-escape.ts'
import { foreignOperators, scanPolicy, type PolicyToken } from './scanner.ts'
import type { PolicyExpression, PolicyTerm, SubPolicyTerm } from './syntax.ts'

/** Leaves the policy at hand; the mistake has been reported. Never leaves this file. */
class Mistake extends Error {}

/** Parentheses, `not`, arrows and quantifiers inside each other. People stay below ten. */
const maxDepth = 100

/** A path of links that is longer is a mistake of its own kind; each one costs a join or a question to the store. */
const maxNames = 32

/** What people write who think of another language, and what they mean. */
const advice: ReadonlyMap<string, string> = new Map([
  ['!=', 'Write not a = b for "!=".'],
  ['!', 'Write not for "!".'],
  ['==', 'Write = for "==".'],
  ['&&', 'Write & for "&&".'],
  ['and', 'Write & for "and".'],
  ['||', 'Write | for "||".'],
  ['or', 'Write | for "or".'],
  ['<', 'Policies know = and in; write a comparison by size as an escape: {{ a < b }}.'],
  ['<=', 'Policies know = and in; write a comparison by size as an escape: {{ a <= b }}.'],
  ['.', 'A path is names joined by single dots, and () can only stand at its end.'],
  ['"', 'This text never ends; close it with " on the same line.'],
  ["'", 'Text is written between straight double quotes: "text".'],
  ['/*', 'This comment never ends; close it with */.'],
  ['{{', 'This escape never ends; close it with }}.'],
  ['{', 'An escape stands between {{ and }}.'],
])

const aTerm = 'a path such as obj.name, a value or "("'

const describe = ({ kind, text }: PolicyToken): string =>
  kind === 'end' ? 'the end of the policy' : JSON.stringify(text.slice(0, 40))

/**
 * Reads the body of a policy. Reports its mistakes up to the first that leaves the rest unclear, and warnings; the
 * result is undefined when there is a mistake. Spans count from the start of the file, as all others do: `body.span` begins at the angle bracket.
 */
export const readPolicy = (body: Identifier, report: Report): PolicyExpression | undefined => {
  const { file } = body.span
  const offset = body.span.start + 1
  const inParentheses = new Set<PolicyExpression>()
  let index = 0
  let depth = 0
  const foreign: PolicyToken[] = []

  const peek = (): PolicyToken => {
    const token = tokens[Math.min(index, tokens.length - 1)]
    if (token === undefined) throw new RangeError('a scanned policy always ends with an end token')
    return token
  }
  const spanOf = ({ start, end }: PolicyToken): Span => ({
    file,
    start: offset + start,
    end: offset + end,
  })
  const spanFrom = ({ start }: Span): Span => ({
    file,
    start,
    end: offset + (tokens[index - 1]?.end ?? 0),
  })

  const translated = (token: PolicyToken): PolicyToken => {
    const text = token.kind === 'string' ? undefined : foreignOperators.get(token.text)
    if (text === undefined) return token
    foreign.push(token)
    report(errorAt('XP_POLICY_SYNTAX', spanOf(token), advice.get(token.text) ?? ''))
    return { ...token, kind: 'punctuation', text }
  }
  const tokens = scanPolicy(body.text).map(translated)

  const between = (first: Span, last: Span): Span => ({ file, start: first.start, end: last.end })

  const advance = (): PolicyToken => {
    const token = peek()
    index += 1
    return token
  }

  const fail = (diagnostic: Diagnostic): never => {
    report(diagnostic)
    throw new Mistake()
  }

  const failAt = (token: PolicyToken, message: string): never =>
    fail(errorAt('XP_POLICY_SYNTAX', spanOf(token), message))

  const failAtToken = (expected: string): never => {
    const token = peek()
    return failAt(
      token,
      advice.get(token.text) ?? `Expected ${expected}, found ${describe(token)}.`,
    )
  }

  const isNext = (text: string): boolean => {
    const { kind, text: next } = peek()
    return next === text && (kind === 'punctuation' || kind === 'path')
  }
  const accept = (text: string): boolean => {
    if (!isNext(text)) return false
    advance()
    return true
  }
  const expect = (text: string, where: string): void => {
    if (!accept(text)) failAtToken(`"${text}" ${where}`)
  }

  const deeper = <T>(read: () => T): T => {
    depth += 1
    if (depth > maxDepth) {
      const message = `A policy is nested at most ${maxDepth} deep; move a part of it into a policy of its own.`
      fail(errorAt('XP_POLICY_TOO_DEEP', spanOf(peek()), message))
    }
    const result = read()
    depth -= 1
    return result
  }

  const namesOf = (token: PolicyToken): readonly string[] => {
    const names = token.text.replace(/\(\)$/, '').split('.')
    if (names.includes('')) failAt(token, 'A path is names joined by single dots.')
    if (names.length > maxNames) {
      const message = `A path has at most ${maxNames} names; ask a policy about the record in the middle.`
      fail(errorAt('XP_POLICY_TOO_DEEP', spanOf(token), message))
    }
    return names
  }

  const readName = (what: string): Identifier => {
    const token = peek()
    if (token.kind !== 'path') return failAtToken(what)
    if (!/^[^.()]+$/.test(token.text)) failAt(token, `Expected ${what}, found ${describe(token)}.`)
    return { text: advance().text, span: spanOf(token) }
  }

  const readSubPolicy = (): SubPolicyTerm => {
    const start = spanOf(advance())
    const called = peek()
    if (called.kind === 'path' && called.text.endsWith('()')) {
      failAt(called, 'Name the link whose record is meant, as in *site_policy(site).')
    }
    const policy = readName('the name of a policy')
    expect('(', `and a link after *${policy.text}`)
    const argument = peek()
    if (argument.kind !== 'path') failAtToken(`the link whose record is meant, as in (site)`)
    if (argument.text.endsWith('()')) {
      failAt(argument, 'A policy is asked about one record; name a link to one, without ().')
    }
    namesOf(advance())
    expect(')', 'after the link, as a policy takes one')
    return {
      kind: 'sub-policy',
      policy,
      link: { text: argument.text, span: spanOf(argument) },
      span: spanFrom(start),
    }
  }

  const readString = (token: PolicyToken): PolicyTerm => {
    const value = textOf({ kind: 'string', text: token.text.slice(1, -1), span: spanOf(token) })
    return { kind: 'literal', value, text: token.text, span: spanOf(token) }
  }

  const readQuoted = (token: PolicyToken): PolicyTerm => {
    const text = `"${token.text.slice(1, -1).replace(/["\\]/g, '\\$&')}"`
    const message = `Text is written between straight double quotes: ${text}.`
    report(errorAt('XP_POLICY_QUOTES', spanOf(token), message))
    return readString({ ...token, text })
  }

  const readEscapeTerm = (token: PolicyToken): PolicyTerm => {
    const inner = token.text.slice(2, -2)
    const text = inner.trim()
    const start = offset + token.start + 2 + inner.indexOf(text)
    const expression = readEscape({ text, span: { file, start, end: start + text.length } }, report)
    if (expression === undefined) throw new Mistake()
    return { kind: 'escape', text, expression, span: spanOf(token) }
  }

  const readPath = (token: PolicyToken): PolicyTerm => {
    const { text } = token
    if (text === 'True' || text === 'False') {
      return { kind: 'literal', value: text === 'True', text, span: spanOf(token) }
    }
    if (text === 'in') return failBefore()
    const names = namesOf(token)
    return { kind: 'path', names, called: text.endsWith('()'), span: spanOf(token) }
  }

  const failBefore = (): never => {
    index -= 1
    return failAtToken(aTerm)
  }

  const readTerm = (): PolicyTerm => {
    if (isNext('*')) return readSubPolicy()
    const token = peek()
    switch (token.kind) {
      case 'number':
        advance()
        return {
          kind: 'literal',
          value: Number(token.text),
          text: token.text,
          span: spanOf(token),
        }
      case 'string':
        return readString(advance())
      case 'quoted':
        return readQuoted(advance())
      case 'escape':
        return readEscapeTerm(advance())
      case 'path':
        return readPath(advance())
      case 'punctuation':
      case 'unknown':
      case 'end':
        return failAtToken(aTerm)
    }
  }

  const refuseComparison = (): void => {
    if (!isNext('=') && !isNext('in')) return
    failAtToken('one comparison of two plain terms (write & between comparisons)')
  }

  const readSide = (operator: PolicyToken): PolicyTerm => {
    if (isNext('(') || isNext('not') || isNext('exists') || isNext('forall')) {
      failAtToken(`a plain term after "${operator.text}"`)
    }
    return readTerm()
  }

  const readComparison = (): PolicyExpression => {
    const left = readTerm()
    if (!isNext('=') && !isNext('in')) return left
    const operator = advance()
    const right = readSide(operator)
    refuseComparison()
    const kind = operator.text === '=' ? 'equals' : 'in'
    return { kind, left, right, span: between(left.span, right.span) }
  }

  const readParentheses = (): PolicyExpression => {
    advance()
    const inner = deeper(readExpression)
    expect(')', 'to close the parenthesis')
    refuseComparison()
    inParentheses.add(inner)
    return inner
  }

  // The original binds a quantifier tighter than & | ->, which nobody who wrote one has meant.
  const warnOfScope = (keyword: PolicyToken, body: PolicyExpression): void => {
    if (body.kind !== 'and' && body.kind !== 'or' && body.kind !== 'implies') return
    if (inParentheses.has(body)) return
    const message = `All that follows belongs to this "${keyword.text}", while XOS ends it at the first operator; put parentheses after the colon.`
    report(warningAt('XP_QUANTIFIER_SCOPE', spanOf(keyword), message))
  }

  const readQuantifier = (kind: 'exists' | 'forall'): PolicyExpression => {
    const keyword = advance()
    const variable = readName('the name of a model')
    expect(':', `after ${variable.text}`)
    const body = deeper(readExpression)
    warnOfScope(keyword, body)
    const span = spanFrom(spanOf(keyword))
    return { kind, variable, body, span }
  }

  const readUnary = (): PolicyExpression => {
    if (isNext('exists')) return readQuantifier('exists')
    if (isNext('forall')) return readQuantifier('forall')
    if (isNext('(')) return readParentheses()
    if (!isNext('not')) return readComparison()
    const start = spanOf(advance())
    const operand = deeper(readUnary)
    return { kind: 'not', operand, span: spanFrom(start) }
  }

  const readChain = (kind: 'and' | 'or', sign: string, read: () => PolicyExpression) => {
    const start = spanOf(peek())
    const first = read()
    if (!isNext(sign)) return first
    const operands = [first]
    while (accept(sign)) operands.push(read())
    return { kind, operands, span: spanFrom(start) }
  }

  const readConjunction = () => readChain('and', '&', readUnary)
  const readDisjunction = () => readChain('or', '|', readConjunction)

  const readExpression = (): PolicyExpression => {
    const start = spanOf(peek())
    const left = readDisjunction()
    if (!accept('->')) return left
    const right = deeper(readExpression)
    return { kind: 'implies', left, right, span: spanFrom(start) }
  }

  const readBody = (): PolicyExpression => {
    if (peek().kind === 'end') {
      const message = 'This policy is empty; write True to allow everything.'
      fail(errorAt('XP_POLICY_SYNTAX', body.span, message))
    }
    const expression = readExpression()
    if (peek().kind !== 'end') failAfterExpression()
    return expression
  }

  const failAfterExpression = (): never => {
    const before = tokens[index - 1]
    if (isNext('(') && before?.kind === 'path') {
      return failAtToken('an operator (a call takes nothing between its parentheses)')
    }
    return failAtToken('an operator (& | -> = in) or the end of the policy')
  }

  try {
    const expression = readBody()
    return foreign.length > 0 ? undefined : expression
  } catch (thrown) {
    if (!(thrown instanceof Mistake)) throw thrown
    return undefined
  }
}
