const words = (text: string): readonly string[] => text.split(' ')

/** Words whose plural follows no rule, when the whole name is that word. */
const irregular: ReadonlyMap<string, string> = new Map([
  ['blouse', 'blouses'],
  ['child', 'children'],
  ['die', 'dice'],
  ['genus', 'genera'],
  ['graffito', 'graffiti'],
  ['loaf', 'loaves'],
  ['money', 'monies'],
  ['mongoose', 'mongooses'],
  ['mythos', 'mythoi'],
  ['ox', 'oxen'],
  ['testis', 'testes'],
  ['yes', 'yeses'],
])

/** Words that stay as they are, when the whole name is that word. */
const unchanged: ReadonlySet<string> = new Set([
  ...words('bream carp chassis clippers cod contretemps corps debris diabetes djinn flounder'),
  ...words('gallows graffiti haggis headquarters herpes hertz innings mackerel mews moose mumps'),
  ...words('news nexus offspring pajamas pence pincers pliers proceedings pyjamas quid rabies'),
  ...words('salmon scissors series shears siemens species subspecies trousers trout tuna whiting'),
])

/** Words that look like plurals and are not, when the whole name is that word. */
const singular: ReadonlySet<string> = new Set([
  ...words('acropolis aegis alias asbestos atlas bathos bias caddis cannabis canvas chaos'),
  ...words('chrysalis cosmos dais digitalis epidermis ethos eyas gas glottis hubris ibis iris'),
  ...words('lens mantis marquis metropolis pathos pelvis polis rhinoceros sassafras trellis'),
])

const endingIn = (text: string): RegExp => new RegExp(`(?:${text.replaceAll(' ', '|')})$`, 'i')

/** The first rule that fits decides: ending, letters it loses, letters it gains. */
const rules: readonly (readonly [ending: RegExp, cut: number, add: string])[] = [
  [endingIn('craft fish sheep deer pox measles ois [lmnr]ese ceps'), 0, ''],
  [endingIn('quy'), 1, 'ies'],
  [endingIn('person'), 4, 'ople'],
  [endingIn('human german roman norman ottoman shaman caiman talisman'), 0, 's'],
  [endingIn('man'), 3, 'men'],
  [endingIn('mouse'), 5, 'mice'],
  [endingIn('louse'), 5, 'lice'],
  [endingIn('goose'), 5, 'geese'],
  [endingIn('tooth'), 5, 'teeth'],
  [endingIn('foot'), 4, 'feet'],
  [endingIn('zoon'), 2, 'a'],
  [endingIn('[csx]is'), 2, 'es'],
  [endingIn('czech eunuch stomach'), 0, 's'],
  [endingIn('codex murex silex'), 2, 'ices'],
  [endingIn('radix helix'), 2, 'ices'],
  [endingIn('agendum bacterium candelabrum datum erratum extremum ovum stratum'), 2, 'a'],
  [endingIn('alumnus bacillus bronchus locus meniscus nucleus sarcophagus stimulus'), 2, 'i'],
  [endingIn('aphelion criterion organon perihelion phenomenon prolegomenon'), 2, 'a'],
  [endingIn('alga alumna persona vertebra'), 0, 'e'],
  [endingIn('us itis'), 0, 'es'],
  [/^[^a-z].*[eE][sS]$/, 0, 'es'],
  [endingIn('quartz topaz'), 0, 'es'],
  [endingIn('[^z]z'), 0, 'zes'],
  [endingIn('[cs]h zz ss x'), 0, 'es'],
  [endingIn('[eao]lf [^d]eaf arf'), 1, 'ves'],
  [endingIn('[nlw]ife'), 2, 'ves'],
  [endingIn('[aeiou]y'), 0, 's'],
  [/^[^a-z].*[yY]$/, 0, 's'],
  [endingIn('y'), 1, 'ies'],
  [
    endingIn(
      [
        'albino ammo archipelago auto avocado bistro bingo casino cello commando credo crescendo',
        'demo ditto dynamo embryo espresso euro fiasco flamenco ghetto gizmo gyro inferno info',
        'intermezzo jumbo kilo libero libido libretto limbo limo lingo loco logo macho macro',
        'magneto manifesto memo metro micro mono neutrino oregano panto photo piano pinto polo',
        'poncho pro psycho quarto rhino solo sombrero soprano stucco stylo sumo techno tempo tiro',
        'tobacco torso typo ufo vibrato virtuoso silo zero',
      ].join(' '),
    ),
    0,
    's',
  ],
  [endingIn('[aeiou]o'), 0, 's'],
  [endingIn('o'), 0, 'es'],
]

const pluralAsWritten = (name: string): string => {
  const word = name.toLowerCase()
  if (unchanged.has(word)) return name
  if (singular.has(word)) return `${name}es`
  const special = irregular.get(word)
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
  const plural = pluralAsWritten(name)
  if (name === name.toUpperCase()) return plural.toUpperCase()
  return /^[A-Z]/.test(name) ? capitalised(plural) : plural
}
