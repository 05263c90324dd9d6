/** Types of the SDK that the generated text may use. */
const imported = [
  'CoreClient',
  'ExpandedRecordOf',
  'Many',
  'ModelBlank',
  'One',
  'OneOrNone',
  'PathOf',
  'TypedSteps',
]

/** What is declared before any model. */
const declarations = `/** The names of the models that have records. */
export type ModelName = keyof Models

/** What a step that observes the model can include: \`'owner'\`, \`'owner.site'\`; at most three links, one of them to a set. */
export type Include<Name extends ModelName> = PathOf<Models, Name>

/** A record as a step sees it, with the related records on the given include paths. */
export type Expanded<Name extends ModelName, Path extends Include<Name> = never> = ExpandedRecordOf<
  Models,
  Name,
  Path
>

const steps = typedSteps<Models>()

/** A step as an object: \`o\` is what \`observes\` and \`include\` say, and only feedback fields can be returned. */
export const defineStep: TypedSteps<Models>['defineStep'] = steps.defineStep

/** The same as the base of a class. */
export const stepClass: TypedSteps<Models>['stepClass'] = steps.stepClass

/** A policy as an object, with at least one of its methods. */
export const definePolicy: TypedSteps<Models>['definePolicy'] = steps.definePolicy

/** The same as the base of a class. */
export const policyClass: TypedSteps<Models>['policyClass'] = steps.policyClass

/** An event step as an object. */
export const defineEventStep: TypedSteps<Models>['defineEventStep'] = steps.defineEventStep

/** A pull step as an object. */
export const definePullStep: TypedSteps<Models>['definePullStep'] = steps.definePullStep

/** What reads and writes records in all of them: \`StepContext<Client>\`, \`EventContext<Client>\`. */
export type Client = CoreClient<Models>`

/** The names that no model's types may take. */
export const preludeNames: readonly string[] = [
  ...imported,
  'typedSteps',
  'steps',
  'defineStep',
  'stepClass',
  'definePolicy',
  'policyClass',
  'defineEventStep',
  'definePullStep',
  'Client',
  'ModelName',
  'Include',
  'Expanded',
  'Models',
]

/** The beginning of the module, which imports what the rest of it uses. */
export const preludeFor = (rest: string): string => {
  const used = imported.filter((name) => `${declarations}\n${rest}`.includes(`${name}<`))
  return `/* eslint-disable */
// Types of the models, written by "syncstep generate types". What is changed here is lost the next time.

import {
  typedSteps,
${used.map((name) => `  type ${name},`).join('\n')}
} from 'syncstep/functions'

${declarations}`
}
