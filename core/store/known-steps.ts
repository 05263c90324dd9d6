/**
 * SQL of all steps that synchronizers registered, of each kind: `kind`, `synchronizer`, `step`, `include`, and `about`,
 * which is how work for it is known: the model it observes, or `SYNCHRONIZER/STEP`.
 */
export const knownSteps = `(
  select 'sync' as kind, synchronizer, step, include, model as about from step
  union all
  select 'policy', synchronizer, step, include, model from policy
  union all
  select 'event', synchronizer, step, '[]'::jsonb, synchronizer || '/' || step from event_step
  union all
  select 'pull', synchronizer, step, '[]'::jsonb, synchronizer || '/' || step from pull_step
)`
