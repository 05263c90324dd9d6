import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { asAdministrator } from '../../support/store.ts'
import { openFaces, type Faces } from '../faces.ts'
import { requestsTo } from './requests.ts'

const model = 'HelloWorldService'
const nobody = 999_999

let faces: Faces
beforeAll(async () => {
  faces = await openFaces()
})
afterAll(() => faces.close())

const call = requestsTo(() => faces.rest)

type Wish = {
  readonly what: 'upsert' | 'update' | 'delete'
  readonly name: string
  readonly loudness: number
}

/** 12 is louder than the model lets it be. */
const wish: fc.Arbitrary<Wish> = fc.record({
  what: fc.constantFrom('upsert', 'update', 'delete'),
  name: fc.constantFrom('a', 'b', 'c'),
  loudness: fc.oneof({ weight: 12, arbitrary: fc.nat(11) }, fc.constant(12)),
})

/** What is known of a record: where it stands, or which operation makes it. */
type Known = { readonly id: number | { readonly $ref: number }; readonly loudness: number }
type World = ReadonlyMap<string, Known>

type Planned = {
  readonly operations: readonly object[]
  /** The world afterwards; undefined when the transaction cannot be. */
  readonly after: World | undefined
}

/** What the wishes are as operations, and what has to come of them. */
const planned = (before: World, wishes: readonly Wish[], prefix: string): Planned => {
  const world = new Map(before)
  let mistakes = 0
  const operations = wishes.map(({ what, name, loudness }, place) => {
    const known = world.get(name)
    const id = known?.id ?? nobody
    if (what === 'delete') {
      world.delete(name)
      return { op: 'delete', model, id }
    }
    if (loudness > 11 || (what === 'update' && known === undefined)) mistakes += 1
    world.set(name, { id: known?.id ?? { $ref: place }, loudness })
    if (what === 'update') return { op: 'update', model, id, values: { loudness } }
    const values = { name: prefix + name, hello_from: 'x', loudness }
    return { op: 'upsert', model, by: ['name'], values }
  })
  return { operations, after: mistakes === 0 ? world : undefined }
}

type Answer = { readonly items: readonly { readonly id: number }[] }

const settled = (world: World, { items }: Answer): World =>
  new Map(
    [...world].map(([name, { id, loudness }]) => [
      name,
      { id: typeof id === 'number' ? id : items[id.$ref]!.id, loudness },
    ]),
  )

type Loudnesses = ReadonlyMap<string, unknown>

const loudnessesIn = (world: World): Loudnesses =>
  new Map([...world].map(([name, { loudness }]) => [name, loudness]))

const keptLoudnesses = async (prefix: string): Promise<Loudnesses> => {
  const records = await asAdministrator(faces.store).list(model)
  return new Map(
    records
      .filter(({ name }) => String(name).startsWith(prefix))
      .map(({ name, loudness }) => [String(name).slice(prefix.length), loudness]),
  )
}

test('transactions do what their operations say one after the other, or nothing', async () => {
  let runs = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(wish, { minLength: 1, maxLength: 6 }), { maxLength: 5 }),
      async (transactions) => {
        runs += 1
        const prefix = `${runs} `
        let world: World = new Map()
        for (const wishes of transactions) {
          const { operations, after } = planned(world, wishes, prefix)
          const response = await call('POST', '/xosapi/v1/transaction', { operations })
          expect(response.statusCode === 200).toBe(after !== undefined)
          if (after !== undefined) world = settled(after, response.json<Answer>())
          expect(await keptLoudnesses(prefix)).toEqual(loudnessesIn(world))
        }
      },
    ),
    { numRuns: 20 },
  )
})
