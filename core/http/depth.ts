const partsOf = (value: object): readonly unknown[] =>
  value instanceof Map
    ? [...(value as ReadonlyMap<unknown, unknown>).values()]
    : Object.values(value)

/** Whether lists and objects nest in more levels than that; true for a value that contains itself. */
export const isDeeper = (value: unknown, levels: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || partsOf(value).some((part) => isDeeper(part, levels - 1)))
