import type { Fields } from '#contract'
import { CoreError } from '../errors.ts'
import type { Caller, LockingRecords, Records, Store } from '../store/port.ts'
import { pythonRepr } from './python-repr.ts'
import type { RecipeNode } from './recipe.ts'
import { RecipeError } from './recipe-error.ts'

/** Ids of the records of the nodes that were handled so far, by node name. */
type Ids = ReadonlyMap<string, number>

/** Properties and links. A link to a node without a record is left out. */
const valuesOf = ({ properties, requirements }: RecipeNode, ids: Ids): Fields => {
  const links = [...requirements].flatMap(([wireName, node]) => {
    const id = ids.get(node)
    return id === undefined ? [] : [[wireName, id] as const]
  })
  return { ...properties, ...(Object.fromEntries(links) as Fields) }
}

/** What finds the record of a node; undefined when it hangs on a record that does not exist. */
const keysOf = ({ model }: RecipeNode, values: Fields): Fields | undefined => {
  const names = model.toscaKeys.map((key) =>
    // Of several members of a group that are given, XOS looks at the last.
    typeof key === 'string' ? key : key.findLast((each) => (values[each] ?? null) !== null),
  )
  const keys = names.map((name) => [name, name === undefined ? undefined : values[name]] as const)
  return keys.every(([, value]) => value !== undefined)
    ? (Object.fromEntries(keys) as Fields)
    : undefined
}

const failed = ({ model, name }: RecipeNode, keys: Fields, problem: string): RecipeError =>
  new RecipeError(
    `[XOS-TOSCA] Failed to save or delete model ${model.name} [${name}]: [XOS-TOSCA] Model of class ${model.name} and properties ${pythonRepr(keys)} ${problem}`,
  )

/** The id of the one record the node means; undefined when there is none yet. */
const lookUp = async (
  records: LockingRecords,
  node: RecipeNode,
  values: Fields,
): Promise<number | undefined> => {
  const keys = keysOf(node, values)
  const found = keys === undefined ? [] : await records.findAndLock(node.model.name, keys)
  if (found.length > 1) throw failed(node, keys ?? {}, "has multiple instances, I can't handle it")
  const [record] = found
  if (record !== undefined) return Number(record['id'])
  if (node.mustExist) {
    throw failed(node, keys ?? {}, "has property 'must-exist' but cannot be found")
  }
  return undefined
}

/** Says which node an error is about. */
const forNode = async <T>({ name }: RecipeNode, work: Promise<T>): Promise<T> => {
  try {
    return await work
  } catch (thrown) {
    if (!(thrown instanceof CoreError) || thrown instanceof RecipeError) throw thrown
    throw new CoreError(thrown.code, `${thrown.message} (node "${name}")`, thrown.fields)
  }
}

const save = async (records: LockingRecords, node: RecipeNode, values: Fields): Promise<number> => {
  const { model } = node
  const id = await lookUp(records, node, values)
  if (id === undefined) return Number((await records.create(model.name, values)).fields['id'])
  await records.update(model.name, id, values)
  return id
}

/**
 * Creates what the recipe describes, and updates what exists already, in the order given. All or nothing.
 * Answers the names of the nodes. Rejects with {@link RecipeError}, or with what the store says of a value.
 */
export const applyRecipe = (
  store: Store,
  recipe: readonly RecipeNode[],
  caller: Caller,
): Promise<readonly string[]> =>
  store.transaction(caller, async (records) => {
    const ids = new Map<string, number>()
    for (const node of recipe) {
      const saved = save(records, node, valuesOf(node, ids))
      ids.set(node.name, await forNode(node, saved))
    }
    return [...ids.keys()]
  })

const removeOne = async (records: Records, { model }: RecipeNode, id: number): Promise<void> => {
  try {
    await records.remove(model.name, id)
  } catch (thrown) {
    // It went with another record of the recipe that it links to.
    if (!(thrown instanceof CoreError) || thrown.code !== 'NOT_FOUND') throw thrown
  }
}

/**
 * Deletes the records the recipe describes, those that link to others first. Nodes that mention `must-exist`, and
 * those without a record, are left alone. All or nothing. Answers the names of the nodes that were deleted.
 */
export const deleteRecipe = (
  store: Store,
  recipe: readonly RecipeNode[],
  caller: Caller,
): Promise<readonly string[]> =>
  store.transaction(caller, async (records) => {
    const ids = new Map<string, number>()
    for (const node of recipe) {
      const id = await forNode(node, lookUp(records, node, valuesOf(node, ids)))
      if (id !== undefined) ids.set(node.name, id)
    }
    const deleted: string[] = []
    for (const node of recipe.toReversed()) {
      const id = ids.get(node.name)
      if (id === undefined || node.protected) continue
      await forNode(node, removeOne(records, node, id))
      deleted.push(node.name)
    }
    return deleted
  })
