import { kindNames, type Registration } from '#contract'
import type { Target } from '#dispatcher'
import type { Description } from './describe.ts'
import type { Project, ProjectStep } from './project.ts'
import { SetupError } from './setup-error.ts'

/** A step of a project whose function is known to run. */
export type RunningStep = {
  readonly step: ProjectStep
  readonly url: string
  readonly description: Description
}

/** What the configuration says of a step counts more than what its function says. */
export const asConfigured = (
  { observes, include }: ProjectStep,
  description: Description,
): Description => {
  if (!('observes' in description)) return description
  return {
    ...description,
    observes: observes ?? description.observes,
    include: include ?? description.include,
  }
}

const modelOf = (synchronizer: string, { step, description }: RunningStep): string =>
  'observes' in description ? description.observes : `${synchronizer}/${step.step}`

/** Where and how the step is called. */
export const targetOf = (synchronizer: string, running: RunningStep): Target => {
  const { step, url, description } = running
  const model = modelOf(synchronizer, running)
  const filter = 'observes' in description ? description.filter : undefined
  return { step: step.step, url, model, kind: description.kind, filter, ...step.settings }
}

const checkKind = ({ step: { step, kind }, description }: RunningStep): void => {
  if (kind === undefined || kind === description.kind) return
  throw new SetupError(
    `${step} is in the folder of ${kindNames[kind].many}, but it is a ${kindNames[description.kind].one}. Move its file, or change what it is.`,
  )
}

const everyMsOf = (step: ProjectStep, everyMs: number | undefined): number => {
  const every = step.everyMs ?? everyMs
  if (every !== undefined) return every
  throw new SetupError(
    `How often is the pull step ${step.step} called? Set every in the step, or functions.${step.step}.every in config.yaml.`,
  )
}

type Steps = Pick<Registration, 'steps' | 'policies' | 'eventSteps' | 'pullSteps'>

const registered = ({ step: project, description }: RunningStep): Partial<Steps> => {
  const { step, resyncMs, settings } = project
  switch (description.kind) {
    case 'sync': {
      const { observes: model, include, afterPolicy, fields } = description
      const resync = resyncMs === undefined ? {} : { resyncMs }
      return { steps: [{ step, model, include, afterPolicy, fields, ...resync }] }
    }
    case 'policy': {
      const { observes: model, include, operations } = description
      return { policies: [{ step, model, include, operations }] }
    }
    case 'event': {
      const { types, sources, topics } = description
      const { maxAttempts } = settings.retry
      const most = maxAttempts === undefined ? {} : { maxAttempts }
      return { eventSteps: [{ step, types, sources, topics, ...most }] }
    }
    case 'pull':
      return { pullSteps: [{ step, everyMs: everyMsOf(project, description.everyMs) }] }
  }
}

/**
 * What the project brings to the core: its models, and the steps that are known to run.
 *
 * @throws SetupError when a step is not what its folder says, or a pull step has no schedule.
 */
export const registrationOf = (
  { name, version, models, requiredModels, dependencies, steps }: Project,
  running: readonly RunningStep[],
): Registration => {
  for (const step of running) checkKind(step)
  const found = new Set(running.map(({ step }) => step.step))
  const awaited = steps.map(({ step }) => step).filter((step) => !found.has(step))
  const each = running.map(registered)
  return {
    name,
    version,
    models,
    requiredModels,
    dependencies,
    steps: each.flatMap(({ steps = [] }) => steps),
    policies: each.flatMap(({ policies = [] }) => policies),
    eventSteps: each.flatMap(({ eventSteps = [] }) => eventSteps),
    pullSteps: each.flatMap(({ pullSteps = [] }) => pullSteps),
    awaited,
  }
}
