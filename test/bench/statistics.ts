export type Spread = { readonly median: number; readonly min: number; readonly max: number }

export const spreadOf = (values: readonly number[]): Spread => {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (part: number): number => sorted[Math.round((sorted.length - 1) * part)] ?? NaN
  return { median: at(0.5), min: at(0), max: at(1) }
}

const rounded = (value: number): string =>
  value >= 100 || Number.isInteger(value)
    ? Math.round(value).toLocaleString('en')
    : value.toPrecision(3)

/** `9,120 (8,870 to 9,300)` */
export const shown = ({ median, min, max }: Spread): string =>
  `${rounded(median)} (${rounded(min)} to ${rounded(max)})`

/** Runs every contender once a round, so that a slow minute of the machine hits all of them alike. */
export const interleaved = async <T>(
  rounds: number,
  contenders: Readonly<Record<string, () => Promise<T>>>,
): Promise<ReadonlyMap<string, T[]>> => {
  const results = new Map<string, T[]>(Object.keys(contenders).map((name) => [name, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, run] of Object.entries(contenders)) results.get(name)?.push(await run())
  }
  return results
}

/** Prints each contender's figure, and its ratio to the limit of the same round. */
export const printTable = (
  title: string,
  unit: string,
  limit: string,
  results: ReadonlyMap<string, readonly number[]>,
): void => {
  const limits = results.get(limit) ?? []
  console.log(`\n${title}`)
  for (const [name, values] of results) {
    const ratios = values.map((value, round) => value / (limits[round] ?? NaN))
    const figure = `${shown(spreadOf(values))} ${unit}`
    const ratio = name === limit ? '(the limit)' : `${shown(spreadOf(ratios))} of the limit`
    console.log(`  ${name.padEnd(34)} ${figure.padEnd(42)} ${ratio}`)
  }
}

/** One figure of each round. */
export const figuresOf = <T>(
  results: ReadonlyMap<string, readonly T[]>,
  figure: (result: T) => number,
): ReadonlyMap<string, readonly number[]> =>
  new Map([...results].map(([name, rounds]) => [name, rounds.map(figure)]))

/** Prints several figures of each contender, each as median and range; what was not measured is left out. */
export const printFigures = <T>(
  title: string,
  results: ReadonlyMap<string, readonly T[]>,
  columns: Readonly<Record<string, (result: T) => number>>,
): void => {
  console.log(`\n${title}`)
  for (const [name, rounds] of results) {
    const parts = Object.entries(columns).flatMap(([column, figure]) => {
      const values = rounds.map(figure).filter((value) => !Number.isNaN(value))
      return values.length === 0 ? [] : [`${column} ${shown(spreadOf(values))}`]
    })
    console.log(`  ${name.padEnd(34)} ${parts.join('; ')}`)
  }
}
