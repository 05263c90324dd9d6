import { createSuggestions, type DidYouMean } from './nearest.ts'
import {
  fieldsOf,
  type FileNode,
  type Identifier,
  type LinkNode,
  type MessageNode,
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
  /** The first message of each name. */
  readonly models: ReadonlyMap<string, MessageNode>
  /** The first policy of each name. */
  readonly policies: ReadonlyMap<string, PolicyNode>
  /** Options in force for a message: those of its file, then its own. */
  optionsOf(message: MessageNode): ReadonlyMap<string, string>
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

/** The model a dotted name means: packages are not kept apart. */
export const modelNameOf = ({ text }: Identifier): string => text.slice(text.lastIndexOf('.') + 1)

/** The reverse set a link makes in its target; undefined when it makes none (`+`). */
export const peerOf = ({ peer, name }: LinkNode): string | undefined =>
  peer === undefined || peer.text.includes('+') || name.text.includes('+') ? undefined : peer.text

const firstByName = <T extends { readonly name: { readonly text: string } }>(
  nodes: readonly T[],
): ReadonlyMap<string, T> => {
  const first = new Map<string, T>()
  for (const node of nodes) {
    if (!first.has(node.name.text)) first.set(node.name.text, node)
  }
  return first
}

const optionEntries = (
  parts: MessageNode['parts'] | FileNode['statements'],
): readonly (readonly [string, string])[] =>
  parts.flatMap((part) =>
    part.kind === 'option' ? [[part.name.text, textOf(part.value)] as const] : [],
  )

export const createProgram = (files: readonly FileNode[]): Program => {
  const messages = files.flatMap(({ statements }) =>
    statements.filter((node) => node.kind === 'message'),
  )
  const models = firstByName(messages)
  const policies = firstByName(
    files.flatMap(({ statements }) => statements.filter((node) => node.kind === 'policy')),
  )

  const options = new Map<MessageNode, ReadonlyMap<string, string>>()
  for (const { statements } of files) {
    const shared = optionEntries(statements)
    for (const node of statements) {
      if (node.kind !== 'message') continue
      options.set(node, new Map([...shared, ...optionEntries(node.parts)]))
    }
  }

  const fields = new Map(messages.map((message) => [message, fieldsOf(message)]))
  const fieldsIn = (message: MessageNode) => fields.get(message) ?? []

  const incoming = new Map<string, IncomingLink[]>()
  for (const source of messages) {
    for (const link of fieldsIn(source)) {
      const peer = link.kind === 'link' ? peerOf(link) : undefined
      if (link.kind !== 'link' || peer === undefined) continue
      const target = modelNameOf(link.target)
      const known = incoming.get(target)
      if (known === undefined) incoming.set(target, [{ source, link, peer }])
      else known.push({ source, link, peer })
    }
  }

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
    fieldsOf: fieldsIn,
    incoming: (model) => incoming.get(model) ?? [],
    lineage,
    didYouMean: createSuggestions(),
  }
}
