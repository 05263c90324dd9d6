import { kindNames, type StepKind } from '#contract'
import type { Log } from './log.ts'
import type { Project } from './project.ts'

const named = (kind: StepKind | undefined): string => kindNames[kind ?? 'sync'].many

/** One line for each folder of steps. */
export const logLoading = (log: Log, { folders }: Project): void => {
  for (const [kind, folder] of folders) log.info({ step_dir: folder }, `Loading ${named(kind)}`)
}

/** One line for each kind that there is; a step that runs elsewhere counts as a sync step. */
export const logLoaded = (log: Log, { steps }: Project): void => {
  for (const name of new Set(steps.map(({ kind }) => named(kind)))) {
    const some = steps.filter(({ kind }) => named(kind) === name)
    log.info({ steps: some.map(({ step }) => step) }, `Loaded ${name}`)
  }
}
