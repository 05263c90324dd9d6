import { importedProtos, type GeneratedFile } from '#xproto'
import { descriptor } from './descriptor.ts'
import { dynamicload } from './dynamicload.ts'
import { filetransfer } from './filetransfer.ts'
import { health } from './health.ts'
import { modeldefs } from './modeldefs.ts'
import { reflection } from './reflection.ts'
import { schema } from './schema.ts'
import { utility } from './utility.ts'

const empty = `syntax = "proto3";

package google.protobuf;

message Empty {}
`

/** Everything this core serves whatever its models are, in an order in which no text imports a later one. */
export const staticProtos: readonly GeneratedFile[] = [
  { path: 'google/protobuf/descriptor.proto', text: descriptor },
  { path: 'google/protobuf/empty.proto', text: empty },
  ...importedProtos.toReversed(),
  { path: 'dynamicload.proto', text: dynamicload },
  { path: 'utility.proto', text: utility },
  { path: 'modeldefs.proto', text: modeldefs },
  { path: 'filetransfer.proto', text: filetransfer },
  { path: 'schema.proto', text: schema },
  { path: 'grpc/health/v1/health.proto', text: health },
  { path: 'grpc/reflection/v1/reflection.proto', text: reflection('v1') },
  { path: 'grpc/reflection/v1alpha/reflection.proto', text: reflection('v1alpha') },
]
