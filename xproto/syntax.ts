import type { Span } from './source.ts'

/** A name, a number or a policy text as written, and where. Dotted names keep their dots. */
export type Identifier = { readonly text: string; readonly span: Span }

/** The right side of an option. A string keeps its backslashes, and has lost its quotes. */
export type Value = {
  readonly kind: 'string' | 'number' | 'word'
  readonly text: string
  readonly span: Span
}

/** Comments as written, with their slashes. */
export type Comments = {
  /** Those before the node, and those inside it that have no better home; '' for an empty line. */
  readonly leading: readonly string[]
  /** Those behind it, on its last line; behind the last option of a field, all up to the bracket. */
  readonly trailing: readonly string[]
}

export type Modifier = 'required' | 'optional' | 'repeated'

export type Multiplicity = 'manytoone' | 'onetoone' | 'manytomany'

export type FieldOption = {
  readonly name: Identifier
  readonly value: Value
  readonly comments: Comments
  readonly span: Span
}

type FieldNode = {
  readonly modifier: Modifier
  readonly name: Identifier
  /** Attached policy (`field::policy`): part of the language, without effect. */
  readonly policy: Identifier | undefined
  readonly number: Identifier
  readonly options: readonly FieldOption[]
  readonly comments: Comments
  readonly span: Span
}

export type ScalarNode = FieldNode & { readonly kind: 'scalar'; readonly type: Identifier }

export type LinkNode = FieldNode & {
  readonly kind: 'link'
  readonly multiplicity: Multiplicity
  readonly target: Identifier
  /** Join table of a manytomany link. */
  readonly through: Identifier | undefined
  /** Name of the reverse set in the target; `+` for none. */
  readonly peer: Identifier | undefined
  readonly reverseNumber: Identifier | undefined
}

export type OptionNode = {
  readonly kind: 'option'
  readonly name: Identifier
  readonly value: Value
  readonly comments: Comments
  readonly span: Span
}

/** What the language has and nothing uses. */
export type UnsupportedConstruct =
  | 'import'
  | 'package'
  | 'enum'
  | 'message'
  | 'extensions'
  | 'extend'
  | '_service'
  | 'map'
  | 'reduce'

/** An enum, a message inside a message, a package, ...: read by its rules, and kept as it is written. */
export type UnsupportedNode = {
  readonly kind: 'unsupported'
  readonly construct: UnsupportedConstruct
  /** Undefined for `import` and `extensions`, which have none. */
  readonly name: Identifier | undefined
  /** All of it, comments inside included. */
  readonly text: string
  readonly comments: Comments
  readonly span: Span
}

export type MessageNode = {
  readonly kind: 'message'
  readonly name: Identifier
  readonly policy: Identifier | undefined
  readonly bases: readonly Identifier[]
  readonly parts: readonly PartNode[]
  readonly comments: Comments
  /** Comments before the closing brace; '' for an empty line. */
  readonly closing: readonly string[]
  readonly span: Span
}

export type PolicyNode = {
  readonly kind: 'policy'
  readonly name: Identifier
  /** Everything between the angle brackets, comments included. */
  readonly body: Identifier
  readonly comments: Comments
  readonly span: Span
}

export type PartNode = OptionNode | ScalarNode | LinkNode | UnsupportedNode

export type StatementNode = MessageNode | OptionNode | PolicyNode | UnsupportedNode

export type FileNode = {
  readonly kind: 'file'
  readonly statements: readonly StatementNode[]
  /** Comments after the last statement; '' for an empty line. */
  readonly closing: readonly string[]
  readonly span: Span
}

export const fieldsOf = (message: MessageNode): readonly (ScalarNode | LinkNode)[] =>
  message.parts.filter((part) => part.kind === 'scalar' || part.kind === 'link')
