import type { Diagnostic } from './diagnostics.ts'

/**
 * How much is forgiven. `compat` loads what the original loads without its strict validation, and says with a warning
 * what it made of it.
 */
export type Mode = 'strict' | 'compat'

/**
 * Mistakes that the original lets pass, by code, and what it makes of each. Every other error is one in both modes:
 * the original stops at it as well, or goes on with something that cannot work.
 */
export const leniencies: ReadonlyMap<Diagnostic['code'], string> = new Map<
  Diagnostic['code'],
  string
>([
  ['XP_ILLEGAL_CHARACTER', 'The character is skipped.'],
  ['XP_DUPLICATE_MODEL', 'The last definition counts.'],
  ['XP_DUPLICATE_POLICY', 'The last definition counts.'],
  ['XP_DUPLICATE_OPTION', 'The last one counts on a file or model, the first one on a field.'],
  [
    'XP_APP_BORROWED',
    'Options leak into later files: the model belongs to the app of an earlier one.',
  ],
  ['XP_UNKNOWN_BASE', 'The base contributes nothing.'],
  ['XP_UNKNOWN_TARGET', 'A link to one is a plain number on the wire; a link to many is left out.'],
  ['XP_UNKNOWN_THROUGH', 'The join table is made by itself.'],
  ['XP_MISPLACED_THROUGH', 'The join table is ignored.'],
  ['XP_UNKNOWN_OWNER', 'No owner is chosen.'],
  ['XP_OWNER_CLASS', 'No owner is chosen.'],
  ['XP_UNKNOWN_OPTION', 'The option of the field has no effect.'],
  ['XP_MISPLACED_OPTION', 'The option of the field has no effect.'],
  ['XP_FLAG_VALUE', 'A flag says True or False in any spelling.'],
  ['XP_MODEL_FLAG', 'Anything but True is False.'],
  ['XP_MODIFIER', 'The modifier counts, not the option.'],
  ['XP_BLANK_NUMBER', 'The modifier alone says that the number may be null.'],
  ['XP_NULL_DEFAULT', 'A bool without default is false where it is optional.'],
  ['XP_DEFAULT_REFUSED', 'The record is refused when it is made with that default.'],
  ['XP_BOUNDS', 'No value is accepted.'],
  ['XP_TOSCA_KEY', 'The link is no key.'],
  [
    'XP_REVERSE_NUMBER_MISSING',
    'The reverse sets are numbered from 1900 on, in the order of the texts.',
  ],
  ['XP_DUPLICATE_FIELD', 'All definitions are numbered; the last one counts.'],
  ['XP_DUPLICATE_REVERSE_NAME', 'Both are numbered; the later reverse set is left out.'],
  ['XP_DEPENDENCY_CYCLE', 'The models load; no record of them can be made.'],
  ['XP_REPEATED', 'The field is optional and holds one value.'],
  ['XP_POLICY_QUOTES', 'The quotes are skipped; here the text is meant.'],
  ['XP_VALIDATOR_MESSAGE', 'The placeholder stays in the message.'],
  ['XP_UNKNOWN_FIELD_POLICY', 'The policy of a field has no effect.'],
  ['XP_UNSUPPORTED', 'The construct is read and ignored.'],
])

export const isTolerated = (code: Diagnostic['code']): boolean => leniencies.has(code)
