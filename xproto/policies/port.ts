import type { Filter } from './filter.ts'

/** A record as policies see it. */
export type PolicyRecord = {
  readonly model: string
  /** Null as long as the record is not stored. */
  readonly id: number | null
  /** Scalar fields by name; what is absent is null. Dates are seconds since 1970. */
  readonly fields: Readonly<Record<string, unknown>>
}

/** Who asks, and for what: of the access flags only the one named is true. */
export type PolicyContext = {
  /** Null for somebody who is not logged in. */
  readonly user: PolicyRecord | null
  readonly access: 'read' | 'write' | 'grant'
}

/** What `ctx` knows beside the user. */
export const contextFlags: ReadonlySet<string> = new Set([
  'read_access',
  'write_access',
  'grant_access',
])

/** What policies ask the store. */
export type PolicyPort = {
  /**
   * The record that a link to one leads to, as the links of a filter do; null when it leads nowhere. One that is being
   * deleted is there until it is gone: else whatever belongs to it would be open to everybody.
   */
  link(record: PolicyRecord, link: string): Promise<PolicyRecord | null>
  /** Whether a filter holds that is about no record in particular: it has no row 0, and nothing unknown. */
  holds(filter: Filter): Promise<boolean>
}

/**
 * Access must be refused: the policy cannot be evaluated.
 *
 * - `POLICY_UNKNOWN`: there is no policy, or no model, of that name
 * - `POLICY_PATH`: a path leads nowhere for a record of this model
 * - `POLICY_RECURSION`: policies ask each other round in a circle, more than 32 deep, or about too many records
 */
export class PolicyError extends Error {
  override readonly name = 'PolicyError'
  readonly code: 'POLICY_UNKNOWN' | 'POLICY_PATH' | 'POLICY_RECURSION'

  constructor(code: PolicyError['code'], message: string) {
    super(message)
    this.code = code
  }
}
