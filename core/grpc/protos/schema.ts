/** How clients learn the API: they ask for its texts (reference core-api.md 1.3). */
export const schema = `syntax = "proto3";

// The texts that define this API, for clients that learn it when they start.
package schema;

import "google/protobuf/empty.proto";
import "google/api/annotations.proto";

message ProtoFile {
  string file_name = 1;
  string proto = 2;
  // A FileDescriptorSet of the file and all it imports, compressed with zlib.
  bytes descriptor = 3;
}

message Schemas {
  repeated ProtoFile protos = 1;
  string swagger_from = 2;
  string yang_from = 3;
}

service SchemaService {
  rpc GetSchema (google.protobuf.Empty) returns (Schemas) {
    option (google.api.http) = { get: "/schema" };
  }
}
`
