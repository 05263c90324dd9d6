import type { CloudEvent, EventFilter } from '#contract'

const fits = (pattern: string, value: string): boolean =>
  pattern.endsWith('*') ? value.startsWith(pattern.slice(0, -1)) : value === pattern

const fitsOne = (patterns: readonly string[] = [], value: string | undefined): boolean =>
  patterns.length === 0 || (value !== undefined && patterns.some((pattern) => fits(pattern, value)))

/** Sources of Kafka end in the topic: `/apis/v1/namespaces/N/kafkasources/NAME#TOPIC`. */
const topicOf = (source: string): string | undefined => {
  const at = source.indexOf('#')
  return at === -1 ? undefined : source.slice(at + 1)
}

/** Whether an event step with this filter is sent the event. */
export const isWanted = (
  { types, sources, topics }: EventFilter,
  { type, source }: Pick<CloudEvent, 'type' | 'source'>,
): boolean => fitsOne(types, type) && fitsOne(sources, source) && fitsOne(topics, topicOf(source))
