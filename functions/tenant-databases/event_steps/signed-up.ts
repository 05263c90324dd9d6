import { DeferredException, TerminalException } from 'syncstep/functions'
import { defineEventStep } from '../models/types.ts'
import { isName } from '../postgres/names.ts'

/** How many connections a tenant has bought. */
const connectionLimits: ReadonlyMap<unknown, number> = new Map([
  ['free', 5],
  ['team', 50],
])

type SignedUp = { readonly tenant: string; readonly connection_limit: number }

/** Throws TerminalException for what is no such event: it would not become one by being sent again. */
const signedUpIn = (data: unknown): SignedUp => {
  const { tenant, plan } = Object(data) as Readonly<Record<string, unknown>>
  const connection_limit = connectionLimits.get(plan)
  if (isName(tenant) && connection_limit !== undefined) return { tenant, connection_limit }
  throw new TerminalException(
    `Expected a tenant that a database can be called after and a plan that is free or team, got ${JSON.stringify(data)}`,
  )
}

/** Who signs up gets a database on the first server there is. An event that comes again changes nothing. */
export default defineEventStep({
  types: ['org.example.tenant.signed-up'],

  async process_event({ data }, { client, log }) {
    const { tenant, connection_limit } = signedUpIn(data)
    const server = await client.first('DatabaseServer')
    if (server === undefined) throw new DeferredException('There is no database server yet')
    await client.upsert('TenantDatabase', ['server', 'name'], {
      server,
      name: tenant,
      connection_limit,
    })
    log.info({ tenant, server: server.name }, 'A tenant has signed up')
  },
})
