import { grouped } from './grouped.ts'
import type { Mode } from './leniencies.ts'
import { createSuggestions, type DidYouMean } from './nearest.ts'
import {
  fieldsOf,
  type FileNode,
  type Identifier,
  type LinkNode,
  type MessageNode,
  type OptionNode,
  type PolicyNode,
  type ScalarNode,
} from './syntax.ts'
import { textOf } from './values.ts'

/** A link as its target sees it. */
export type IncomingLink = {
  readonly source: MessageNode
  readonly link: LinkNode
  readonly peer: string
}

/** All texts of one compilation, with their names looked up. */
export type Program = {
  readonly files: readonly FileNode[]
  /** Every message, duplicates included, in source order. */
  readonly messages: readonly MessageNode[]
  /** The message of each name that counts: the first, in compat mode the last. */
  readonly models: ReadonlyMap<string, MessageNode>
  /** The policy of each name that counts, in the same way. */
  readonly policies: ReadonlyMap<string, PolicyNode>
  /** Options in force for a message: those of its file, then its own. */
  optionsOf(message: MessageNode): ReadonlyMap<string, string>
  /** The options of an earlier file that give an app to a message that has none. */
  borrowedApp(message: MessageNode): readonly OptionNode[]
  fieldsOf(message: MessageNode): readonly (ScalarNode | LinkNode)[]
  /** Links that make a reverse set in the model, in source order. */
  incoming(model: string): readonly IncomingLink[]
  /** Modelled ancestors from the top, then the message itself; each once. Bounded; safe in a cycle. */
  lineage(message: MessageNode): readonly MessageNode[]
  readonly didYouMean: DidYouMean
}

/** Bases that the original takes from python: they bring no fields. */
export const unmodelledBases: ReadonlySet<string> = new Set([
  'AttributeMixin',
  'PlModelMixIn',
  'AbstractBaseUser',
])

/** Deeper or wider than this and the wire numbers run out. */
export const maxLineage = 10

/** Own fields of a model: they are numbered from 1 to 99. */
export const maxFields = 99

/** Every model has those of its file, so that their number counts twice. */
export const maxFileOptions = 100

/** The model a dotted name means: packages are not kept apart. */
export const modelNameOf = ({ text }: Identifier): string => text.slice(text.lastIndexOf('.') + 1)

/** The reverse set a link makes in its target; undefined when it makes none (`+`). */
export const peerOf = ({ peer, name }: LinkNode): string | undefined =>
  peer === undefined || peer.text.includes('+') || name.text.includes('+') ? undefined : peer.text

export const isManyToMany = (node: ScalarNode | LinkNode): boolean =>
  node.kind === 'link' && node.multiplicity === 'manytomany'

/** Points at no model: a mistake that compat mode forgives. */
export const isDangling = ({ models }: Program, node: ScalarNode | LinkNode): boolean =>
  node.kind === 'link' && !models.has(modelNameOf(node.target))

/** Whether the join table is one that is made by itself, `Network_permitted_slices`, or a model. */
export const isKnownThrough = (
  { models }: Program,
  { name }: LinkNode,
  through: Identifier,
): boolean => through.text.endsWith(`_${name.text}`) || models.has(modelNameOf(through))

export const unknownModel = ({ models, didYouMean }: Program, name: string): string =>
  `No model is named ${name}${didYouMean(name, models.keys()) || '; define it, or add the file that does.'}`

const byName = <T extends { readonly name: Identifier }>(
  nodes: readonly T[],
  mode: Mode,
): ReadonlyMap<string, T> => {
  const found = new Map<string, T>()
  for (const node of nodes) {
    if (mode === 'strict' && found.has(node.name.text)) continue
    // Taken out first, so that it stands where the last definition stands.
    found.delete(node.name.text)
    found.set(node.name.text, node)
  }
  return found
}

/** The options that give an app to the models of a file. */
const appOptionsIn = ({ statements }: FileNode): readonly OptionNode[] =>
  statements
    .filter((node) => node.kind === 'option')
    .filter(({ name }) => name.text === 'name' || name.text === 'app_label')

const optionEntries = (
  parts: MessageNode['parts'] | FileNode['statements'],
): readonly (readonly [string, string])[] =>
  parts.flatMap((part) =>
    part.kind === 'option' ? [[part.name.text, textOf(part.value)] as const] : [],
  )

export const createProgram = (files: readonly FileNode[], mode: Mode = 'strict'): Program => {
  const messages = files.flatMap(({ statements }) =>
    statements.filter((node) => node.kind === 'message'),
  )
  const models = byName(messages, mode)
  const policies = byName(
    files.flatMap(({ statements }) => statements.filter((node) => node.kind === 'policy')),
    mode,
  )

  const options = new Map<MessageNode, ReadonlyMap<string, string>>()
  const borrowed = new Map<MessageNode, readonly OptionNode[]>()
  let earlierApp: readonly OptionNode[] = []
  for (const file of files) {
    const shared = optionEntries(file.statements).slice(0, maxFileOptions)
    for (const node of file.statements) {
      if (node.kind !== 'message') continue
      const inForce = new Map([...shared, ...optionEntries(node.parts)])
      options.set(node, inForce)
      if (!inForce.has('name') && !inForce.has('app_label')) borrowed.set(node, earlierApp)
    }
    const own = appOptionsIn(file)
    if (own.length > 0) earlierApp = own
  }

  const fields = new Map(messages.map((message) => [message, fieldsOf(message)]))
  const fieldsIn = (message: MessageNode) => fields.get(message) ?? []

  const incoming = grouped(
    [...models.values()].flatMap((source) =>
      fieldsIn(source).flatMap((link): (readonly [string, IncomingLink])[] => {
        const peer = link.kind === 'link' ? peerOf(link) : undefined
        if (link.kind !== 'link' || peer === undefined) return []
        return [[modelNameOf(link.target), { source, link, peer }]]
      }),
    ),
  )

  const lineages = new Map<MessageNode, readonly MessageNode[]>()
  const lineage = (message: MessageNode): readonly MessageNode[] => {
    const known = lineages.get(message)
    if (known !== undefined) return known
    const found = new Set<MessageNode>()
    const entered = new Set<MessageNode>()
    const enter = (node: MessageNode): void => {
      if (entered.has(node) || entered.size > maxLineage) return
      entered.add(node)
      for (const name of node.bases) {
        const base = models.get(modelNameOf(name))
        if (base !== undefined) enter(base)
      }
      found.add(node)
    }
    enter(message)
    lineages.set(message, [...found])
    return [...found]
  }

  return {
    files,
    messages,
    models,
    policies,
    optionsOf: (message) => options.get(message) ?? new Map<string, string>(),
    borrowedApp: (message) => borrowed.get(message) ?? [],
    fieldsOf: fieldsIn,
    incoming: (model) => incoming.get(model) ?? [],
    lineage,
    didYouMean: createSuggestions(),
  }
}
