import type { Fields } from '#contract'
import {
  didYouMean,
  type Field,
  type LinkField,
  type Model,
  type ScalarField,
  type Schema,
} from '#xproto'
import { findingOf } from '../store/validate.ts'
import { inOrder } from './order.ts'
import { pythonRepr } from './python-repr.ts'
import { readYaml, type Path } from './read-yaml.ts'
import { RecipeError } from './recipe-error.ts'

/** One node template: a record that shall exist. */
export type RecipeNode = {
  readonly name: string
  readonly model: Model
  /** Properties, checked against the model, without `must-exist`. */
  readonly properties: Fields
  /** Wire name of the link -> name of the node it points at. */
  readonly requirements: ReadonlyMap<string, string>
  readonly mustExist: boolean
  /** `must-exist` is mentioned, true or false: a delete leaves the record alone. */
  readonly protected: boolean
}

type YamlMap = ReadonlyMap<string, unknown>

/** Takes one mistake: where it is and the line that tells it. */
type Report = (path: Path, line: string) => void

// A body has room for many thousand mistakes; nobody reads more than a few.
const mistakesShown = 30
// Each node is a few statements of one transaction, and others wait for its end.
const mostNodes = 2000

const versions: ReadonlySet<unknown> = new Set([
  'tosca_simple_yaml_1_0',
  'tosca_simple_yaml_1_1',
  'tosca_simple_yaml_1_2',
  'tosca_simple_yaml_1_3',
])

/** Sections that mean something here, and those that only describe. */
const sections = {
  recipe: [
    'tosca_definitions_version',
    'tosca_default_namespace',
    'template_name',
    'template_author',
    'template_version',
    'description',
    'metadata',
    'dsl_definitions',
    'imports',
    'topology_template',
  ],
  topology: ['description', 'node_templates'],
  node: [
    'type',
    'description',
    'metadata',
    'directives',
    'properties',
    'attributes',
    'requirements',
    'capabilities',
    'interfaces',
    'artifacts',
  ],
  requirement: ['node', 'capability', 'relationship', 'occurrences', 'node_filter'],
} as const

const isMap = (value: unknown): value is YamlMap => value instanceof Map

const typeMismatch = (what: string, type: string): string =>
  `TypeMismatchError: ${what} must be of type "${type}".`

const unknownField = (what: string, field: string, known: Iterable<string>): string =>
  `UnknownFieldError: ${what} contains unknown field "${field}"${didYouMean(field, known) || '.'}`

const missingField = (what: string, field: string): string =>
  `MissingRequiredFieldError: ${what} is missing required field "${field}".`

/** The map that stands there; an empty one when nothing does, or when it is something else and was reported. */
const mapAt = (value: unknown, path: Path, what: string, report: Report): YamlMap => {
  if (isMap(value)) return value
  if (value !== null && value !== undefined) report(path, typeMismatch(what, 'map'))
  return new Map()
}

const listAt = (value: unknown, path: Path, what: string, report: Report): readonly unknown[] => {
  if (Array.isArray(value)) return value
  if (value !== null && value !== undefined) report(path, typeMismatch(what, 'list'))
  return []
}

const checkSections = (
  map: YamlMap,
  known: readonly string[],
  path: Path,
  what: string,
  report: Report,
): void => {
  for (const name of map.keys()) {
    if (!known.includes(name)) report([...path, name], unknownField(what, name, known))
  }
}

const checkVersion = (recipe: YamlMap, report: Report): void => {
  const version = recipe.get('tosca_definitions_version')
  if (version === undefined) {
    report([], missingField('Template', 'tosca_definitions_version'))
  } else if (!versions.has(version)) {
    report(
      ['tosca_definitions_version'],
      `InvalidTemplateVersion: The template version ${pythonRepr(version)} is invalid. Valid versions are ${[...versions].join(', ')}.`,
    )
  }
}

const checkImports = (recipe: YamlMap, schema: Schema, report: Report): void => {
  const known = new Set(schema.models.map(({ name }) => `custom_types/${name.toLowerCase()}.yaml`))
  const imports = listAt(recipe.get('imports'), ['imports'], '"imports"', report)
  for (const [index, name] of imports.entries()) {
    if (typeof name === 'string' && known.has(name)) continue
    const text = typeof name === 'string' ? name : pythonRepr(name)
    report(
      ['imports', index],
      `ImportError: Import "${text}" is not valid${didYouMean(text, known) || '.'}`,
    )
  }
}

const typePrefix = 'tosca.nodes.'

const readModel = (
  type: unknown,
  name: string,
  schema: Schema,
  report: Report,
): Model | undefined => {
  const path = ['topology_template', 'node_templates', name, 'type']
  if (type === undefined) {
    report(path.slice(0, -1), missingField(`Template "${name}"`, 'type'))
    return undefined
  }
  const text = typeof type === 'string' ? type : pythonRepr(type)
  const model = text.startsWith(typePrefix)
    ? schema.model(text.slice(typePrefix.length))
    : undefined
  if (model !== undefined && !model.abstract) return model
  const known = schema.models.filter(({ abstract }) => !abstract)
  const names = known.map((each) => typePrefix + each.name)
  report(
    path,
    `InvalidTypeError: Type "${text}" is not a valid type${didYouMean(text, names) || '.'}`,
  )
  return undefined
}

/** A node whose type is known. */
type TypedNode = {
  readonly name: string
  readonly model: Model
  readonly template: YamlMap
  readonly path: Path
}

const readTypedNodes = (recipe: YamlMap, schema: Schema, report: Report): readonly TypedNode[] => {
  const topologyPath = ['topology_template']
  if (!recipe.has('topology_template')) report([], missingField('Template', 'topology_template'))
  const topology = mapAt(
    recipe.get('topology_template'),
    topologyPath,
    '"topology_template"',
    report,
  )
  checkSections(topology, sections.topology, topologyPath, '"topology_template"', report)

  const nodesPath = [...topologyPath, 'node_templates']
  const nodes = mapAt(topology.get('node_templates'), nodesPath, '"node_templates"', report)
  if (nodes.size > mostNodes) {
    throw new RecipeError(
      `[XOS-TOSCA] Expected at most ${mostNodes} node templates in one recipe, got ${nodes.size}; split it`,
    )
  }
  return [...nodes].flatMap(([name, value]) => {
    const path = [...nodesPath, name]
    const template = mapAt(value, path, `Template "${name}"`, report)
    checkSections(template, sections.node, path, `Template "${name}"`, report)
    const model = readModel(template.get('type'), name, schema, report)
    return model === undefined ? [] : [{ name, model, template, path }]
  })
}

const isScalarField = (field: Field): field is ScalarField => field.kind === 'scalar'
const isLinkField = (field: Field): field is LinkField => field.kind === 'link'

const shownValue = (value: unknown): string => {
  const text = typeof value === 'string' ? value : pythonRepr(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

/** What is wrong with the value of a property. A password is checked like any text, but never repeated. */
const valueMistake = (model: Model, field: ScalarField, value: unknown): string | undefined => {
  const finding = value === null ? undefined : findingOf(field, value)
  if (finding === undefined) return undefined
  const [shown, reason] =
    field.name === 'password' ? ['the value', 'not a valid password'] : [shownValue(value), finding]
  return `Failed to set ${shown} on field ${field.name} for class ${model.name}, Exception was: "${reason}"`
}

const readProperties = (node: TypedNode, given: YamlMap, report: Report): Fields => {
  const path = [...node.path, 'properties']
  const what = `"properties" of template "${node.name}"`
  const fields = new Map(
    node.model.fields.filter(isScalarField).map((field) => [field.wireName, field]),
  )
  const values: [string, unknown][] = []
  for (const [name, value] of given) {
    if (name === 'must-exist') continue
    const field = fields.get(name)
    const mistake =
      field === undefined
        ? unknownField(what, name, ['must-exist', ...fields.keys()])
        : valueMistake(node.model, field, value)
    if (mistake === undefined) values.push([name, value])
    else report([...path, name], mistake)
  }
  return Object.fromEntries(values)
}

const readMustExist = (node: TypedNode, given: YamlMap, report: Report): boolean => {
  const value = given.get('must-exist')
  if (value === undefined || typeof value === 'boolean') return value === true
  const what = `"must-exist" of template "${node.name}"`
  report([...node.path, 'properties', 'must-exist'], typeMismatch(what, 'boolean'))
  return false
}

/** The link and the node a requirement names, or the line that tells why there are none. */
const resolveRequirement = (
  node: TypedNode,
  name: string,
  target: string,
  nodes: ReadonlyMap<string, TypedNode>,
): LinkField | string => {
  const links = node.model.fields.filter(isLinkField)
  const link = links.find((each) => each.name === name)
  if (link === undefined) {
    const names = links.map((each) => each.name)
    return unknownField(`"requirements" of template "${node.name}"`, name, names)
  }
  const what = `Requirement "${name}" of template "${node.name}"`
  if (link.multiplicity === 'manytomany') {
    return `TypeMismatchError: ${what} is a link to many, which a recipe cannot set.`
  }
  const required = nodes.get(target)
  if (required === undefined) {
    return `UnknownFieldError: ${what} names node "${target}", which is not a node of this recipe${didYouMean(target, nodes.keys()) || '.'}`
  }
  return required.model.ancestry.includes(link.target)
    ? link
    : typeMismatch(`${what} names node "${target}", which`, typePrefix + link.target)
}

/** Name and target of one entry of the list: `- owner: { node: service }`. */
const readRequirement = (
  entry: unknown,
  node: TypedNode,
  path: Path,
  report: Report,
): { readonly name: string; readonly target: string } | undefined => {
  const what = `"requirements" of template "${node.name}"`
  const [name, body] = isMap(entry) && entry.size === 1 ? ([...entry][0] ?? []) : []
  if (name === undefined || !isMap(body)) {
    report(
      path,
      `TypeMismatchError: Each of ${what} must be of type "map", such as "- owner: { node: service }".`,
    )
    return undefined
  }
  checkSections(body, sections.requirement, [...path, name], what, report)
  const target = body.get('node')
  if (typeof target === 'string') return { name, target }
  report(
    [...path, name],
    target === undefined
      ? missingField(`Requirement "${name}" of template "${node.name}"`, 'node')
      : typeMismatch(`"node" of requirement "${name}" of template "${node.name}"`, 'string'),
  )
  return undefined
}

const readRequirements = (
  node: TypedNode,
  nodes: ReadonlyMap<string, TypedNode>,
  report: Report,
): ReadonlyMap<string, string> => {
  const path = [...node.path, 'requirements']
  const what = `"requirements" of template "${node.name}"`
  const targets = new Map<string, string>()
  const entries = listAt(node.template.get('requirements'), path, what, report)
  for (const [index, entry] of entries.entries()) {
    const entryPath = [...path, index]
    const requirement = readRequirement(entry, node, entryPath, report)
    if (requirement === undefined) continue
    const { name, target } = requirement
    const link = resolveRequirement(node, name, target, nodes)
    if (typeof link === 'string') report([...entryPath, name], link)
    else if (targets.has(link.wireName)) {
      report([...entryPath, name], `TypeMismatchError: ${what} name "${name}" twice.`)
    } else targets.set(link.wireName, target)
  }
  return targets
}

/** Each node says enough to find its record again. */
const checkKeys = (
  { name, model, path }: TypedNode,
  given: ReadonlySet<string>,
  report: Report,
) => {
  const fail = (reason: string): void =>
    report(
      path,
      `[XOS-TOSCA] Failed to save or delete model ${model.name} [${name}]: [XOS-TOSCA] Model ${model.name} doesn't have a ${reason}`,
    )
  if (model.toscaKeys.length === 0) fail('tosca_key specified')
  for (const key of model.toscaKeys) {
    if (typeof key === 'string') {
      if (!given.has(key)) fail(`property for the specified tosca_key ('${key}')`)
    } else if (!key.some((each) => given.has(each))) {
      fail(`property for the specified tosca_key_one_of (${pythonRepr(key)})`)
    }
  }
}

/** Wire names the node mentions with a value, right or wrong. */
const mentioned = ({ model, template }: TypedNode, properties: YamlMap): ReadonlySet<string> => {
  const requirements = template.get('requirements')
  const links = (Array.isArray(requirements) ? requirements : [])
    .flatMap((entry: unknown) => (isMap(entry) ? [...entry.keys()] : []))
    .flatMap((name) => model.fields.find((field) => field.name === name)?.wireName ?? [])
  const named = [...properties].flatMap(([name, value]) => (value === null ? [] : [name]))
  return new Set([...named, ...links])
}

const readNode = (
  node: TypedNode,
  nodes: ReadonlyMap<string, TypedNode>,
  report: Report,
): RecipeNode => {
  const what = `"properties" of template "${node.name}"`
  const given = mapAt(node.template.get('properties'), [...node.path, 'properties'], what, report)
  checkKeys(node, mentioned(node, given), report)
  return {
    name: node.name,
    model: node.model,
    properties: readProperties(node, given, report),
    requirements: readRequirements(node, nodes, report),
    mustExist: readMustExist(node, given, report),
    protected: given.has('must-exist'),
  }
}

/**
 * Reads a TOSCA recipe and checks all of it against the schema. The nodes come in the order in which they can be
 * created: what a node requires comes before it, otherwise as they stand in the recipe.
 *
 * Throws {@link RecipeError} with every mistake, one a line, in the words of the original (reference core-api.md
 * 7.5) followed by line and column.
 */
export const readRecipe = (text: string, schema: Schema): readonly RecipeNode[] => {
  const yaml = readYaml(text)
  const lines: string[] = []
  const report: Report = (path, line) => {
    if (lines.length < mistakesShown) lines.push(`\t${line}${yaml.place(path)}\n`)
  }

  if (!isMap(yaml.value)) throw new RecipeError(`\t${typeMismatch('The recipe', 'map')}\n`)
  const { value } = yaml
  checkSections(value, sections.recipe, [], 'Template', report)
  checkVersion(value, report)
  checkImports(value, schema, report)
  const typed = readTypedNodes(value, schema, report)
  const byName = new Map(typed.map((node) => [node.name, node]))
  const nodes = typed.map((node) => readNode(node, byName, report))
  if (lines.length > 0) throw new RecipeError(lines.join(''))
  return inOrder(nodes)
}
