import { eachOf, type Check } from '../check.ts'
import { taken } from '../expectations.ts'
import type { Tested } from '../tested.ts'

const neverThere = (tested: Tested) => ({ ...tested.samples.synced.record, id: 1_999_999_999 })

const carriedOut: Check = {
  id: 'delete',
  says: 'A delete is carried out',
  async run(tested) {
    const message = tested.message(tested.change({ operation: 'delete' }))
    const call = await tested.send('a delete', message)
    return taken(call, 'The type of its event is org.opencord.xos.delete_record.v1.')
  },
}

const gone: Check = {
  id: 'delete-gone',
  says: 'A delete of what is gone, or never was there, succeeds',
  run: (tested) =>
    eachOf(
      [
        { what: 'a delete of what was deleted', record: tested.samples.synced.record },
        { what: 'a delete of what never was there', record: neverThere(tested) },
      ],
      async ({ what, record }) => {
        const change = tested.change({ operation: 'delete', record })
        const call = await tested.send(what, tested.message(change))
        return taken(
          call,
          'The first answer may have been lost: be content when there is nothing to take away.',
        )
      },
    ),
}

/** How the function takes away what it brought about. They come after all that brings it about. */
export const deleteChecks: readonly Check[] = [carriedOut, gone]
