/** A model or a queue, and the function that is called for each of its records or jobs. */
export type Lane = {
  readonly model: string
  readonly url: string
  /** Fields of the model beside its name and its note, as xproto. */
  readonly fields?: string
}

export type Setup = {
  readonly lanes: readonly Lane[]
  /** Calls at once, of each lane. */
  readonly concurrency: number
  readonly timeoutMs: number
}

/** Records of a synchronizer or jobs of a queue, in a database of their own, and who calls a function for each. */
export type Running = {
  /** Adds records or jobs to each lane, with the ids from `first` on; later ones yield to those that are not. */
  fill(first: number, count: number, isLater?: boolean): Promise<void>
  /** Begins to call. */
  start(): Promise<void>
  /** Changes a record, or adds a job. Resolves once it is on disk. */
  change(model: string, id: number): Promise<void>
  /** How many are left to be called, or called again. */
  left(): Promise<number>
  /** Resolves when nothing is left; only for what runs in this process. */
  drained(): Promise<void>
  /** Failures in a row, or attempts, that are counted against what is left of the model. */
  failures(model: string): Promise<number>
  close(): Promise<void>
}

export type Contender = {
  readonly name: string
  readonly engine: 'PostgreSQL' | 'Redis'
  /** @param place URL of a database of its own */
  readonly open: (place: string, setup: Setup) => Promise<Running>
}
