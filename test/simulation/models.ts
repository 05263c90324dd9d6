import type { RegisteredStep } from '#contract'

/** What a link leads to, as the simulation has to know it. */
export type LinkField = {
  readonly name: string
  readonly model: string
  readonly isRequired: boolean
  readonly isMany: boolean
}

export type SimulatedModel = {
  readonly name: string
  /** Whose ids it shares. */
  readonly root: string
  /** False: records of it are never synced, and hold nobody up. */
  readonly isObserved: boolean
  readonly links: readonly LinkField[]
}

const toOne = (name: string, model: string, isRequired = true): LinkField => ({
  name,
  model,
  isRequired,
  isMany: false,
})

const boxLinks = [toOne('shelf', 'Shelf'), toOne('beside', 'Box', false)]

/**
 * Racks, shelves and boxes are a chain, a box may stand beside another one or itself, a crate is a box, and a cable
 * runs along any number of shelves and has a label, which nobody syncs.
 */
export const simulatedModels: readonly SimulatedModel[] = [
  { name: 'Rack', root: 'Rack', isObserved: true, links: [] },
  { name: 'Shelf', root: 'Shelf', isObserved: true, links: [toOne('rack', 'Rack')] },
  { name: 'Box', root: 'Box', isObserved: true, links: boxLinks },
  { name: 'Crate', root: 'Box', isObserved: true, links: boxLinks },
  { name: 'Label', root: 'Label', isObserved: false, links: [toOne('rack', 'Rack', false)] },
  {
    name: 'Cable',
    root: 'Cable',
    isObserved: true,
    links: [
      toOne('label', 'Label'),
      { name: 'shelves', model: 'Shelf', isRequired: false, isMany: true },
    ],
  },
]

export const modelNamed = (name: string): SimulatedModel => {
  const found = simulatedModels.find((model) => model.name === name)
  if (found === undefined) throw new Error(`Expected one of the simulated models, got ${name}`)
  return found
}

export const modelsText = `
option name = "plant";
option app_label = "plant";

message Rack (XOSBase) {
  required int32 value = 1 [default = 0];
  optional int32 reading = 2 [feedback_state = True];
}
message Shelf (XOSBase) {
  required int32 value = 1 [default = 0];
  optional int32 reading = 2 [feedback_state = True];
  required manytoone rack->Rack:shelves = 3:1001;
}
message Box (XOSBase) {
  required int32 value = 1 [default = 0];
  optional int32 reading = 2 [feedback_state = True];
  required manytoone shelf->Shelf:boxes = 3:1001;
  optional manytoone beside->Box:neighbours = 4:1001;
}
message Crate (Box) {
}
message Label (XOSBase) {
  required int32 value = 1 [default = 0];
  optional manytoone rack->Rack:labels = 2:1002;
}
message Cable (XOSBase) {
  required int32 value = 1 [default = 0];
  optional int32 reading = 2 [feedback_state = True];
  required manytoone label->Label:cables = 3:1001;
  optional manytomany shelves->Shelf:cables = 4:1003;
}
`

export const steps: readonly RegisteredStep[] = simulatedModels
  .filter(({ isObserved }) => isObserved)
  .map(({ name }) => ({ step: name.toLowerCase(), model: name, include: [] }))
