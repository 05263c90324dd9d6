import type { Random } from '#contract'

const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const hex = (byte: number): string => hexOfByte[byte & 0xff] as string

/** By way of a table: every call has two ids, and to write numbers as hexadecimal takes eight times as long. */
const word = (random: Random): string => {
  const bits = Math.floor(random() * 0x1_0000_0000)
  return hex(bits >>> 24) + hex(bits >>> 16) + hex(bits >>> 8) + hex(bits)
}

/** A new W3C trace of one call: version 00, sampled. Ids of zeros only are not allowed, hence the odd last digit. */
export const createTraceparent = (random: Random): string => {
  const traceId = word(random) + word(random) + word(random) + word(random)
  const parentId = word(random) + word(random)
  return `00-${traceId.slice(0, -1)}1-${parentId.slice(0, -1)}1-01`
}
