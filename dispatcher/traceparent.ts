import type { Random } from '#contract'

const word = (random: Random): string =>
  Math.floor(random() * 0x1_0000_0000)
    .toString(16)
    .padStart(8, '0')

/** A new W3C trace of one call: version 00, sampled. Ids of zeros only are not allowed, hence the odd last digit. */
export const createTraceparent = (random: Random): string => {
  const traceId = word(random) + word(random) + word(random) + word(random)
  const parentId = word(random) + word(random)
  return `00-${traceId.slice(0, -1)}1-${parentId.slice(0, -1)}1-01`
}
