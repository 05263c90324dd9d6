/** Words whose plural follows no rule, when the whole name is that word. */
const irregular: ReadonlyMap<string, string> = new Map([
  ['child', 'children'],
  ['ox', 'oxen'],
  ['die', 'dice'],
  ['genus', 'genera'],
  ['series', 'series'],
  ['species', 'species'],
  ['news', 'news'],
  ['alias', 'aliases'],
  ['atlas', 'atlases'],
  ['bias', 'biases'],
  ['canvas', 'canvases'],
  ['chaos', 'chaoses'],
  ['cosmos', 'cosmoses'],
  ['gas', 'gases'],
  ['lens', 'lenses'],
])

/** The first rule that fits decides: ending, letters it loses, letters it gains. */
const rules: readonly (readonly [ending: RegExp, cut: number, add: string])[] = [
  [/(fish|sheep|deer)$/i, 0, ''],
  [/person$/i, 4, 'ople'],
  [/human$|german$/i, 0, 's'],
  [/man$/i, 2, 'en'],
  [/mouse$/i, 4, 'ice'],
  [/goose$/i, 4, 'eese'],
  [/tooth$/i, 4, 'eeth'],
  [/foot$/i, 3, 'eet'],
  [/[csx]is$/i, 2, 'es'],
  [/(codex|murex|radix|helix)$/i, 2, 'ices'],
  [/(datum|stratum|erratum|bacterium)$/i, 2, 'a'],
  [/(locus|nucleus|stimulus)$/i, 2, 'i'],
  [/(phenomenon|criterion)$/i, 2, 'a'],
  [/us$/i, 0, 'es'],
  [/^[A-Z].*es$/, 0, 'es'],
  [/[^z]z$/i, 0, 'zes'],
  [/([cs]h|zz|ss|x)$/i, 0, 'es'],
  [/([eao]l|[^d]ea|ar|loa)f$/i, 1, 'ves'],
  [/[nlw]ife$/i, 2, 'ves'],
  [/[aeiou]y$/i, 0, 's'],
  [/^[A-Z].*y$/, 0, 's'],
  [/y$/i, 1, 'ies'],
  [/(info|photo|demo|memo|logo|macro|micro|auto|kilo|typo|metro|zero|silo|limbo)$/i, 0, 's'],
  [/[aeiou]o$/i, 0, 's'],
  [/o$/i, 0, 'es'],
]

const lowerPlural = (name: string): string => {
  const special = irregular.get(name.toLowerCase())
  if (special !== undefined) return special
  for (const [ending, cut, add] of rules) {
    if (ending.test(name)) return name.slice(0, name.length - cut) + add
  }
  return `${name}s`
}

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/**
 * The English plural of a model name as XOS forms it. Its oddities are part of the wire and of REST paths:
 * `ServiceDependencys`, `VLANS`, `ControllerImageses`, `KubernetesDatas`.
 */
export const pluralOf = (name: string): string => {
  const plural = lowerPlural(name)
  if (name === name.toUpperCase()) return plural.toUpperCase()
  return /^[A-Z]/.test(name) ? capitalised(plural) : plural
}
