import type { StepKind } from '#contract'
import type { RecordCount } from '#core'
import type { TargetState } from '#dispatcher'
import type { Service } from './knative/service.ts'
import type { Calls, Progress } from './progress.ts'
import type { Project, ProjectStep } from './project.ts'

/** One step at one moment. */
export type StepLook = Calls & {
  readonly step: string
  readonly kind: StepKind
  /** `cold`: no process runs, because nothing is to do. `paused` while it is busy, `down` while nobody answers. */
  readonly state: 'starting' | 'ready' | 'cold' | 'paused' | 'down'
  /** Calls under way. */
  readonly active: number
}

/** The steps of a project and the records that they deal with, at one moment. */
export type Look = {
  readonly steps: readonly StepLook[]
  readonly models: readonly RecordCount[]
}

export type LookOptions = {
  readonly project: Project
  readonly progress: Progress
  /** What serves the steps that run here, by their names. */
  readonly services: ReadonlyMap<string, Pick<Service, 'state'>>
  readonly countRecords: (models: readonly string[]) => Promise<readonly RecordCount[]>
}

const stateOf = (
  service: Pick<Service, 'state'> | undefined,
  target: TargetState | undefined,
): StepLook['state'] => {
  const own = service?.state() ?? (target === undefined ? 'down' : 'ready')
  if (own !== 'ready' || target === undefined || target.gate === 'open') return own
  return target.gate
}

/** Models whose records are counted: those that a step or a policy observes. */
const observedBy = (targets: readonly TargetState[]): readonly string[] => {
  const observing = targets.filter(
    ({ target: { kind = 'sync' } }) => kind === 'sync' || kind === 'policy',
  )
  return [...new Set(observing.map(({ target }) => target.model))]
}

export const createLook = (options: LookOptions): (() => Promise<Look>) => {
  const { project, progress, services, countRecords } = options

  const lookAt = (
    { step, kind }: ProjectStep,
    targets: ReadonlyMap<string, TargetState>,
  ): StepLook => {
    const target = targets.get(step)
    return {
      step,
      kind: target?.target.kind ?? kind ?? 'sync',
      state: stateOf(services.get(step), target),
      active: target?.active ?? 0,
      ...progress.callsOf(step),
    }
  }

  return async () => {
    const states = progress.targets()
    const byStep = new Map(states.map((state) => [state.target.step, state]))
    return {
      steps: project.steps.map((step) => lookAt(step, byStep)),
      models: await countRecords(observedBy(states)),
    }
  }
}
