/** One answered request. Nothing of its body, and of its headers only what is named here. */
export type RequestEntry = {
  readonly face: string
  readonly method: string
  readonly route?: string
  /** The collection that a path of records names. */
  readonly collection?: string
  readonly status: number | string
  readonly ms: number
  /** Email of who was let in; undefined when nobody had to be. */
  readonly caller: string | undefined
  /** Tells requests of this process apart. */
  readonly request: string
}

export type RequestLog = (entry: RequestEntry) => void
