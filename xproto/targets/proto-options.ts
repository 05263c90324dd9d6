import type { GeneratedFile } from './target.ts'

const common = `syntax = "proto3";

// What the requests of every model share.
package xos;

message ID {
  int32 id = 1;
}

message QueryElement {
  enum QueryOperator {
    EQUAL = 0;
    GREATER_THAN = 1;
    LESS_THAN = 2;
    GREATER_THAN_OR_EQUAL = 3;
    LESS_THAN_OR_EQUAL = 4;
    IEXACT = 5;
    CONTAINS = 6;
    ICONTAINS = 7;
    REGEX = 8;
    IREGEX = 9;
  }
  QueryOperator operator = 1;
  bool invert = 2;
  string name = 3;
  oneof value {
    string sValue = 4;
    int32 iValue = 5;
  }
}

message Query {
  enum QueryKind {
    DEFAULT = 0;
    ALL = 1;
    SYNCHRONIZER_DIRTY_OBJECTS = 2;
    SYNCHRONIZER_DELETED_OBJECTS = 3;
    SYNCHRONIZER_DIRTY_POLICIES = 4;
    SYNCHRONIZER_DELETED_POLICIES = 5;
  }
  QueryKind kind = 1;
  repeated QueryElement elements = 2;
}
`

const options = `syntax = "proto3";

// What messages and fields tell about the models behind them.
package xos;

import "google/protobuf/descriptor.proto";

message ValRule {
  int32 maxLength = 1;
  bool nonNull = 2;
  bool unique = 3;
}

message ForeignKeyRule {
  string modelName = 1;
  string reverseFieldName = 2;
}

message ReverseForeignKeyRule {
  string modelName = 1;
}

message ManyToManyForeignKeyRule {
  string modelName = 1;
}

extend google.protobuf.FieldOptions {
  ValRule val = 1001;
  ForeignKeyRule foreignKey = 1002;
  ReverseForeignKeyRule reverseForeignKey = 1003;
  ManyToManyForeignKeyRule manyToManyForeignKey = 1004;
  bool guiHidden = 1005;
  bool feedbackState = 1006;
  bool bookkeepingState = 1007;
}

extend google.protobuf.MessageOptions {
  string contentTypeId = 1001;
}
`

const annotations = `syntax = "proto3";

// Lets a method name its address in REST.
package google.api;

import "google/api/http.proto";
import "google/protobuf/descriptor.proto";

extend google.protobuf.MethodOptions {
  HttpRule http = 72295728;
}
`

const http = `syntax = "proto3";

// The address of a method in REST: a verb with a path, and what the body becomes.
package google.api;

message HttpRule {
  string selector = 1;
  oneof pattern {
    string get = 2;
    string put = 3;
    string post = 4;
    string delete = 5;
    string patch = 6;
    CustomHttpPattern custom = 8;
  }
  string body = 7;
  repeated HttpRule additional_bindings = 11;
  string response_body = 12;
}

message CustomHttpPattern {
  string kind = 1;
  string path = 2;
}
`

/** What `xos.proto` imports and protobuf does not bring itself. The same for all models. */
export const importedProtos: readonly GeneratedFile[] = [
  { path: 'common.proto', text: common },
  { path: 'xosoptions.proto', text: options },
  { path: 'google/api/annotations.proto', text: annotations },
  { path: 'google/api/http.proto', text: http },
]
