/** A word of a policy. `unknown` is what the language has no word for: the parser says so when it gets there. */
export type PolicyToken = {
  readonly kind:
    'path' | 'number' | 'string' | 'quoted' | 'escape' | 'punctuation' | 'unknown' | 'end'
  /** As written. */
  readonly text: string
  /** Counted from the start of the body. */
  readonly start: number
  /** Exclusive. */
  readonly end: number
}

/** The first that fits decides: what looks like an operator of another language must not be cut in two. */
const patterns: readonly (readonly [PolicyToken['kind'] | 'blank', RegExp])[] = [
  ['blank', /\s+|\/\/[^\n]*|\/\*[^]*?\*\//y],
  ['path', /[A-Za-z_$][\w.+$]*(?:\(\))?/y],
  ['number', /[+-]?\d+(?:\.\d+)?/y],
  ['string', /"(?:[^"\\\n]|\\.)*"/y],
  ['quoted', /'[^'\n]*'|[‘’“”][^‘’“”\n]*[‘’“”]/y],
  ['escape', /\{\{[^]*?\}\}/y],
  ['unknown', /!=|==|&&|\|\||[!<]=?|\/\*|\{\{/y],
  ['punctuation', /->|[&|=:()*]/y],
]

/** Operators of other languages, and the word that reading goes on with. */
export const foreignOperators: ReadonlyMap<string, string> = new Map([
  ['!=', '='],
  ['==', '='],
  ['&&', '&'],
  ['and', '&'],
  ['||', '|'],
  ['or', '|'],
  ['!', 'not'],
])

const matchAt = (text: string, start: number) => {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = start
    const match = pattern.exec(text)
    if (match !== null) return { kind, text: match[0] }
  }
  const character = String.fromCodePoint(text.codePointAt(start) ?? 0)
  return { kind: 'unknown' as const, text: character }
}

/**
 * Splits the body of a policy into tokens; the last one is always `end`. Stops where the parser does: at the first
 * unknown token that is no operator of another language.
 */
export const scanPolicy = (text: string): readonly PolicyToken[] => {
  const tokens: PolicyToken[] = []
  let start = 0
  while (start < text.length) {
    const found = matchAt(text, start)
    const end = start + found.text.length
    if (found.kind !== 'blank') tokens.push({ kind: found.kind, text: found.text, start, end })
    if (found.kind === 'unknown' && !foreignOperators.has(found.text)) break
    start = end
  }
  // The end is where the last word ends, which may be lines above the closing bracket.
  const end = tokens.at(-1)?.end ?? 0
  tokens.push({ kind: 'end', text: '', start: end, end })
  return tokens
}
