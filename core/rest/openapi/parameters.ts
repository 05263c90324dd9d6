import { largestPage, stateNames } from '../read-query.ts'
import { queryOf, type Json } from './shared.ts'

const header = (name: string, description: string, schema: Json = { type: 'string' }): Json => ({
  name,
  in: 'header',
  description,
  schema,
})

/** A header whose value is of no matter. */
const flag = (name: string, description: string): Json => header(name, `If there: ${description}`)

const filter: Json = {
  name: 'filter',
  in: 'query',
  description:
    'Any number of `FIELD=VALUE`, all of which must hold; `FIELD!=VALUE` for all others. A field may be a path over links (`owner__name`) and end in a comparison: `__gt`, `__gte`, `__lt`, `__lte`, `__iexact`, `__contains`, `__icontains`, `__startswith`, `__istartswith`, `__endswith`, `__iendswith`, `__regex`, `__iregex`, `__isnull`. A field that is named as another parameter is filtered as `FIELD__exact`.',
  style: 'form',
  explode: true,
  schema: { type: 'object', additionalProperties: { type: 'string' } },
  example: { name: 'x', size__gt: '3' },
}

/** Parameters of more than one operation. */
export const parameters: Json = {
  filter,
  state: queryOf(
    'state',
    'Which records: those that are not deleted, or those that wait for a step',
    {
      type: 'string',
      enum: stateNames,
      default: 'default',
    },
  ),
  order: queryOf(
    'order',
    'Fields to order by, joined by commas; `-name` is descending. What is equal, by id',
    { type: 'string' },
  ),
  limit: queryOf('limit', 'Answers one page of at most that many records', {
    type: 'integer',
    minimum: 1,
    maximum: largestPage,
  }),
  after: queryOf('after', 'What the page before named as `next`', { type: 'string' }),
  id: {
    name: 'id',
    in: 'path',
    required: true,
    schema: { type: 'integer', minimum: 1, maximum: 2 ** 31 - 1 },
  },
  ifMatch: header('If-Match', 'An ETag of the record: refused with 412 when it is another by now'),
  ifNoneMatch: header('If-None-Match', 'ETags of the record: 304 when it is one of them still'),
  idempotencyKey: header(
    'Idempotency-Key',
    'Chosen anew for each thing that is wanted. For 24 hours whoever sends the same again with it gets the same answer, and nothing is done',
    { type: 'string', minLength: 1, maxLength: 255 },
  ),
  updateFields: header('update_fields', 'Names of the fields to write, joined by commas'),
  callerKind: header(
    'caller_kind',
    '`synchronizer` may write feedback and does not move `updated`',
  ),
  alwaysUpdateTimestamp: flag('always_update_timestamp', '`updated` moves in any case'),
  isSyncSave: flag('is_sync_save', 'a step writes, so changes move `changed_by_step`'),
  isPolicySave: flag(
    'is_policy_save',
    'a model policy writes, so changes move `changed_by_policy`',
  ),
}
