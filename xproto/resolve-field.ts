import { choicesFrom } from './choices.ts'
import { defaultFrom } from './defaults.ts'
import { usableOptions } from './field-options.ts'
import { wireNameOf, type Numbered } from './numbering.ts'
import {
  isDangling,
  isKnownThrough,
  isManyToMany,
  modelNameOf,
  peerOf,
  type Program,
} from './program.ts'
import type { Field, FieldRole, LinkField, ScalarField } from './schema.ts'
import type { FieldOption, LinkNode, ScalarNode } from './syntax.ts'
import { isFlagged, optionValue, textOf } from './values.ts'

export type FieldNode = ScalarNode | LinkNode

type Options = readonly FieldOption[]

type FieldBase = Omit<ScalarField | LinkField, 'kind' | 'nullable'>

const roleOf = (options: Options): FieldRole => {
  if (isFlagged(options, 'feedback_state')) return 'feedback'
  return isFlagged(options, 'bookkeeping_state') ? 'bookkeeping' : 'declarative'
}

const numberOption = (options: Options, name: string): number | undefined => {
  const value = optionValue(options, name)
  return value === undefined ? undefined : Number(value.text)
}

const textOption = (options: Options, name: string): string | undefined => {
  const value = optionValue(options, name)
  return value === undefined ? undefined : textOf(value)
}

const formats: readonly ScalarField['format'][] = ['date', 'url', 'ip', 'email', 'stripped']

const scalarFrom = (node: ScalarNode, base: FieldBase, options: Options): ScalarField => {
  const format = textOption(options, 'content_type')
  const choices = textOption(options, 'choices')
  return {
    ...base,
    kind: 'scalar',
    nullable: node.modifier !== 'required' && node.type.text !== 'bool',
    type: node.type.text as ScalarField['type'], // the passes let no other type through
    format: formats.find((known) => known === format),
    maxLength: numberOption(options, 'max_length'),
    text: isFlagged(options, 'text'),
    choices: choices === undefined ? undefined : choicesFrom(choices),
    min: numberOption(options, 'min_value'),
    max: numberOption(options, 'max_value'),
    setOnCreate: isFlagged(options, 'auto_now_add'),
  }
}

/** A link to nothing is the number it holds. */
const danglingFrom = (node: LinkNode, base: FieldBase): ScalarField => ({
  ...base,
  kind: 'scalar',
  nullable: node.modifier !== 'required',
  type: 'int32',
  format: undefined,
  maxLength: undefined,
  text: false,
  choices: undefined,
  min: undefined,
  max: undefined,
  setOnCreate: false,
})

const linkFrom = (
  node: LinkNode,
  base: FieldBase,
  peer: string | undefined,
  through: string | undefined,
): LinkField => ({
  ...base,
  kind: 'link',
  // That is all that tells it from a manytoone.
  unique: base.unique || node.multiplicity === 'onetoone',
  nullable: node.modifier !== 'required' && node.multiplicity !== 'manytomany',
  multiplicity: node.multiplicity,
  target: modelNameOf(node.target),
  peer,
  through,
})

/** The name a field goes by in the schema: a link to nothing is the number it holds. */
export const nameInSchema = (program: Program, node: FieldNode): string =>
  isDangling(program, node) ? wireNameOf(node) : node.name.text

/** Makes fields of the schema. Inherited fields are the same objects in every model of a family. */
export const createFieldResolver = (
  program: Program,
  hasReverseSet: (link: LinkNode) => boolean,
): ((numbered: Numbered<FieldNode>) => Field) => {
  const resolveField = ({ declaredIn, node, number }: Numbered<FieldNode>): Field => {
    const options = usableOptions(node)
    const required = node.modifier === 'required'
    const base = {
      name: nameInSchema(program, node),
      wireName: wireNameOf(node),
      wireNumber: number,
      declaredIn: declaredIn.name.text,
      role: roleOf(options),
      required,
      writtenNonNull: required && optionValue(options, 'null')?.text === 'False',
      blank: !required,
      unique: isFlagged(options, 'unique'),
      indexed: isFlagged(options, 'db_index'),
      guiHidden: isFlagged(options, 'gui_hidden'),
      help: textOption(options, 'help_text') ?? '',
      span: node.span,
      default: defaultFrom(node),
    }
    if (node.kind === 'scalar') return scalarFrom(node, base, options)
    if (isDangling(program, node)) return danglingFrom(node, base)
    const peer = hasReverseSet(node) ? peerOf(node) : undefined
    const through = isManyToMany(node) ? node.through : undefined
    const isKnown = through !== undefined && isKnownThrough(program, node, through)
    return linkFrom(node, base, peer, isKnown ? through.text : undefined)
  }

  const known = new Map<FieldNode, Map<number, Field>>()
  return (numbered) => {
    const { node, number } = numbered
    const byNumber = known.get(node) ?? new Map<number, Field>()
    known.set(node, byNumber)
    const field = byNumber.get(number) ?? resolveField(numbered)
    byNumber.set(number, field)
    return field
  }
}
