import { beforeAll, expect, test } from 'vitest'
import { compile } from '#xproto'
import { types } from '../../../xproto/targets/typescript.ts'
import { coreSource } from '../../fixtures/xproto/read.ts'
import { helloWorldModels } from '../../support/store.ts'
import { typeErrors } from './typescript-check.ts'

/** Lines that use a client, and what the compiler has against them: nothing, when nothing stands there. */
const lines: readonly (readonly [line: string, error?: string])[] = [
  ['const to: string = (await client.get("HelloWorldServiceInstance", 1)).hello_to'],
  ['const kind: "generic" | "data" | "control" | "oss" = (await client.get("Service", 1)).kind'],
  ['const some = await client.find("Service", { name: "x", kind: "data", site: null, id__gt: 3 })'],
  ['const owned = await client.find("HelloWorldServiceInstance", { owner: service })'],
  ['const name: string | undefined = (await client.first("Service"))?.name'],
  ['for await (const { hello_to } of client.list(instances, { order: ["-id"] })) hello_to.trim()'],
  ['await client.create("HelloWorldServiceInstance", { hello_to: "x", owner: service })'],
  ['await client.create("Slice", { name: "x", site_id: 1, service })'],
  ['await client.create("Network", { permitted_slices: [{ id: 1 }], permitted_slices_ids: [2] })'],
  ['await client.update("Service", 1, { site_id: null, backend_handle: null, no_sync: true })'],
  ['await client.update("Service", service, { name: "x" }, { ifUnchanged: service, touch: true })'],
  ['await client.upsert("HelloWorldService", ["name"], { name: "x", hello_from: "y" })'],
  ['await client.upsert("HelloWorldServiceInstance", ["owner"], { owner: service })'],
  ['await client.delete("Service", service)'],
  [
    'await client.transaction((writes) => { const owner = writes.create("HelloWorldService", { name: "x" }); writes.create(instances, { owner, hello_to: "y" }); writes.touch("Service", owner) })',
  ],
  ['const leaf: string = (await client.get("Service", 1)).leaf_model_name'],

  ['client.get("HelloWorld", 1)', `Argument of type '"HelloWorld"' is not assignable`],
  ['(await client.get("Service", 1)).hello_from', "Property 'hello_from' does not exist"],
  ['(await client.get("Service", 1)).site', "Property 'site' does not exist"],
  ['(await client.first("Service")).name', 'Object is possibly'],
  ['(await client.get("Service", 1)).name = "x"', 'it is a read-only property'],
  ['client.find("Service", { nam: "x" })', "'nam' does not exist"],
  ['client.find("Service", { name: 5 })', "Type 'number' is not assignable to type 'string'"],
  ['client.find("Service", { kind: "fast" })', `Type '"fast"' is not assignable`],
  ['client.list("Service", { order: ["nam"] })', `Type '"nam"' is not assignable`],
  ['client.create("Service", { nam: "x" })', "'nam' does not exist"],
  ['client.create("Service", { name: null })', "Type 'null' is not assignable to type 'string'"],
  ['client.create("Service", { id: 5 })', "'id' does not exist"],
  ['client.create("Slice", { site: 5 })', "Type 'number' is not assignable to type 'Linked'"],
  ['client.create("Service", { slices: [service] })', "'slices' does not exist"],
  ['client.update("Service", 1, { updated: 5 })', "'updated' does not exist"],
  ['client.upsert("Service", ["nam"], { name: "x" })', `Type '"nam"' is not assignable`],
]

const fileOf = (line: string): string => `
import type { Client } from './types.ts'
declare const client: Client
declare const instances: 'HelloWorldServiceInstance'
export const use = async () => {
  const service = await client.get('HelloWorldService', 1);
  ${line}
  return service
}
`

let errors: readonly string[]
beforeAll(() => {
  const { schema } = compile([coreSource, { file: 'hello.xproto', text: helloWorldModels }])
  const [file] = types.generate(schema!, schema!.models)
  const files = lines.map(([line], index) => [`line-${index}.ts`, fileOf(line)] as const)
  errors = typeErrors({ 'types.ts': file!.text, ...Object.fromEntries(files) })
})

test.each(lines.map(([line, error], index) => [line, error ?? 'fine', index] as const))(
  '%s: %s',
  (_line, error, index) => {
    const found = errors.filter((one) => one.startsWith(`line-${index}.ts:`))
    expect(found).toEqual(error === 'fine' ? [] : [expect.stringContaining(error)])
  },
)
