import type { Model } from './schema.ts'
import type { Span } from './source.ts'
import type { MessageNode } from './syntax.ts'
import { textOf } from './values.ts'

type Validator = Model['validators'][number]

/**
 * Reads option `validators`: `policy:message, policy:message`, so a message holds neither comma nor colon.
 * Undefined stands for an entry that is not of that form.
 */
export const validatorsFrom = (text: string): readonly (Validator | undefined)[] => {
  if (text.trim() === '') return []
  return text.split(',').map((entry) => {
    const [policy, message, ...rest] = entry.split(':').map((part) => part.trim())
    if (policy === undefined || message === undefined || rest.length > 0) return undefined
    return policy === '' || message === '' ? undefined : { policy, message }
  })
}

/** The validators written in a message, and the option that holds them. */
export const validatorOptionsOf = ({
  parts,
}: MessageNode): readonly (Validator & { readonly span: Span })[] =>
  parts.flatMap((part) =>
    part.kind === 'option' && part.name.text === 'validators'
      ? validatorsFrom(textOf(part.value))
          .filter((entry) => entry !== undefined)
          .map((entry) => ({ ...entry, span: part.value.span }))
      : [],
  )
