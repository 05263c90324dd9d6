import { records } from './001-records.ts'
import { schemaState } from './002-schema-state.ts'
import { changes } from './003-changes.ts'
import { services } from './004-services.ts'
import { access } from './005-access.ts'
import { reading } from './006-reading.ts'
import { idempotency } from './007-idempotency.ts'
import { watches } from './008-watches.ts'
import { completions } from './009-completions.ts'
import { traces } from './010-traces.ts'
import { policies } from './011-policies.ts'
import { deliveries } from './012-deliveries.ts'
import { requiredModels } from './013-required-models.ts'

/**
 * The tables of the store, as numbered steps; a step that has been released is never edited.
 *
 * All times are whole microseconds since 1970 (bigint): exact in JavaScript until the year 2255, and the
 * clock is always an argument, so that no statement asks the database for the time.
 */
export const migrations: readonly string[] = [
  records,
  schemaState,
  changes,
  services,
  access,
  reading,
  idempotency,
  watches,
  completions,
  traces,
  policies,
  deliveries,
  requiredModels,
]
