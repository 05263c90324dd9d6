import type { RecordOf } from 'syncstep/functions'

export type HelloWorldService = RecordOf<{
  name: string
  /** The name of who is saying hello. */
  hello_from: string
}>

export type HelloWorldServiceInstance = RecordOf<{
  name?: string
  /** The name of who is being greeted. */
  hello_to: string
  owner: HelloWorldService
}>
