import type { EscapeExpression } from './escape-syntax.ts'

/** A text, a number, a flag, nothing, or a record, of which only its identity counts. */
export type EscapeValue = string | number | boolean | null | { readonly identity: string }

type Lookup = (names: readonly string[]) => EscapeValue

const isTrue = (value: EscapeValue): boolean =>
  typeof value === 'object' ? value !== null : Boolean(value)

const areEqual = (left: EscapeValue, right: EscapeValue): boolean =>
  typeof left === 'object' && typeof right === 'object'
    ? left?.identity === right?.identity
    : left === right

const isNone = (expression: EscapeExpression): boolean =>
  expression.kind === 'literal' && expression.value === null

const onTexts = <T>(
  left: EscapeValue,
  right: EscapeValue,
  apply: (left: string, right: string) => T,
): T | false => (typeof left === 'string' && typeof right === 'string' ? apply(left, right) : false)

const onText = <T>(value: EscapeValue, apply: (text: string) => T): T | null =>
  typeof value === 'string' ? apply(value) : null

const compare = (
  left: EscapeValue,
  right: EscapeValue,
  isRight: (order: number) => boolean,
): boolean => {
  const areNumbers = typeof left === 'number' && typeof right === 'number'
  const areTexts = typeof left === 'string' && typeof right === 'string'
  if (!areNumbers && !areTexts) return false
  return isRight(left < right ? -1 : left > right ? 1 : 0)
}

const add = (left: EscapeValue, right: EscapeValue): EscapeValue => {
  if (typeof left === 'number' && typeof right === 'number') return left + right
  return typeof left === 'string' && typeof right === 'string' ? left + right : null
}

/**
 * The value of an escape. Where Python would raise an error (a null that is measured, a text that is compared with
 * a number), the operation gives null, and the comparison is false. Null equals nothing but a `None` that is written.
 */
export const evaluateEscape = (expression: EscapeExpression, lookup: Lookup): EscapeValue => {
  const valueOf = (part: EscapeExpression): EscapeValue => evaluateEscape(part, lookup)

  switch (expression.kind) {
    case 'literal':
      return expression.value
    case 'path':
      return lookup(expression.names)
    case 'length':
      // Python counts characters, not the halves of a surrogate pair.
      return onText(valueOf(expression.operand), (text) => Array.from(text).length)
    case 'starts-with':
      return onTexts(valueOf(expression.operand), valueOf(expression.part), (text, part) =>
        text.startsWith(part),
      )
    case 'ends-with':
      return onTexts(valueOf(expression.operand), valueOf(expression.part), (text, part) =>
        text.endsWith(part),
      )
    case 'lower':
      return onText(valueOf(expression.operand), (text) => text.toLowerCase())
    case 'upper':
      return onText(valueOf(expression.operand), (text) => text.toUpperCase())
    case 'strip':
      return onText(valueOf(expression.operand), (text) => text.trim())
    case 'and':
    case 'or': {
      const deciding = expression.kind === 'or'
      let value: EscapeValue = null
      for (const operand of expression.operands) {
        value = valueOf(operand)
        if (isTrue(value) === deciding) return value
      }
      return value
    }
    case 'not':
      return !isTrue(valueOf(expression.operand))
    case '+':
      return add(valueOf(expression.left), valueOf(expression.right))
    case '-': {
      const left = valueOf(expression.left)
      const right = valueOf(expression.right)
      return typeof left === 'number' && typeof right === 'number' ? left - right : null
    }
    case '==': {
      const left = valueOf(expression.left)
      // Two nulls are not the same, as in the rest of the language: nobody is not the owner of what has none.
      const isMeant = left !== null || isNone(expression.left) || isNone(expression.right)
      return isMeant && areEqual(left, valueOf(expression.right))
    }
    case 'in':
      return onTexts(valueOf(expression.left), valueOf(expression.right), (part, text) =>
        text.includes(part),
      )
    case '<':
      return compare(valueOf(expression.left), valueOf(expression.right), (order) => order < 0)
    case '<=':
      return compare(valueOf(expression.left), valueOf(expression.right), (order) => order <= 0)
    case '>':
      return compare(valueOf(expression.left), valueOf(expression.right), (order) => order > 0)
    case '>=':
      return compare(valueOf(expression.left), valueOf(expression.right), (order) => order >= 0)
  }
}
