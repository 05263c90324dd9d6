import { expect, test } from 'vitest'
import { learnApi } from '../../../dispatcher/xos-source/api.ts'

/** As xos-core 4.0 writes them: the names of options are relative. */
const texts = {
  'common.proto': `syntax = "proto3";
    package xos;
    message ID { int32 id = 1; }
    message Query { int32 kind = 1; }`,
  'dynamicload.proto': `syntax = "proto3";
    package xos;
    import "google/api/annotations.proto";
    message LoadModelsReply { int32 status = 1; }`,
  'xos.proto': `syntax = "proto3";
    package xos;
    import "google/protobuf/empty.proto";
    import "common.proto";
    import "xosoptions.proto";
    message Slice {
      option (contentTypeId) = "core.slice";
      oneof id_present { int32 id = 1; }
      oneof backend_status_present {
        string backend_status = 9 [(val).maxLength = 1024, (feedbackState) = true];
      }
      oneof site_present {
        int32 site_id = 104 [(foreignKey).modelName = "Site", (foreignKey).reverseFieldName = "slices"];
      }
      repeated int32 tags_ids = 105 [(manyToManyForeignKey).modelName = "Tag"];
      repeated int32 ports_ids = 1001 [(reverseForeignKey).modelName = "Port"];
      string class_names = 2046;
    }
    message Slices { repeated Slice items = 1; }
    service xos {
      rpc ListSlice(google.protobuf.Empty) returns (Slices) {
        option (google.api.http) = { get: "/xosapi/v1/core/slices" };
      }
      rpc GetSlice(ID) returns (Slice) {}
    }`,
}

const learn = (files: Readonly<Record<string, string>>) =>
  learnApi({
    ask: () =>
      Promise.resolve({
        protos: Object.entries(files).map(([file_name, proto]) => ({ file_name, proto })),
      }),
    close: () => undefined,
  })

test('models are read as a core of XOS writes them', async () => {
  const api = await learn(texts)
  expect(api.model('Port')).toBeUndefined()
  expect(api.model('Slice')).toMatchObject({
    name: 'Slice',
    links: [
      { name: 'site', wireName: 'site_id', target: 'Site', many: false, peer: 'slices' },
      { name: 'tags', wireName: 'tags_ids', target: 'Tag', many: true, peer: undefined },
    ],
    sets: [{ name: 'ports', wireName: 'ports_ids', source: 'Port' }],
    feedback: new Set(['backend_status']),
  })
})

test('a core that does not say what it serves is one that is not there yet', async () => {
  const incomplete = { 'common.proto': texts['common.proto'] }
  await expect(learn(incomplete)).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: 'The core does not say what is in dynamicload.proto',
  })
})
