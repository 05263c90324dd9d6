/** Full name of {@link adminProto}'s service. */
export const adminService = 'syncstep.v1.Admin'

/**
 * `syncstep.v1.Admin`, as protobuf text: what people who run a core ask of it besides records. Authentication is that
 * of the services of XOS. What only people read travels as JSON text.
 */
export const adminProto = `syntax = "proto3";

// What people who run a core ask of it besides records.
package syncstep.v1;

service Admin {
  // Why a record, or those of a model that are not synced, are not.
  rpc Why(WhyRequest) returns (WhyReply);
  // The last calls of functions for a record, the newest first.
  rpc Attempts(RecordKey) returns (AttemptsReply);
  // Lets pending records run now, as if they had never failed.
  rpc Retry(RecordKey) returns (RetryReply);
  // Lets a deleted record go whose delete step can never succeed.
  rpc Release(ReleaseRequest) returns (ReleaseReply);
  // Writes what a text describes: all of it or nothing.
  rpc Apply(ApplyRequest) returns (ApplyReply);
  // Events for steps, and turns of pull steps, without what is in them, the oldest first.
  rpc Deliveries(DeliveriesRequest) returns (DeliveriesReply);
  // One of them with its event.
  rpc Delivery(DeliveryKey) returns (DeliveryReply);
  // Lets the step of one be called now, as if it had never failed.
  rpc RetryDelivery(DeliveryKey) returns (DeliveryReply);
  // Lets no step be called for one any more.
  rpc DiscardDelivery(DeliveryKey) returns (DeliveryReply);
  // A backup of all there is.
  rpc Backup(BackupRequest) returns (stream BackupChunk);
  // Replaces all there is by what a backup holds.
  rpc Restore(stream BackupChunk) returns (RestoreReply);
}

message RecordKey {
  string model = 1;
  // 0 for all records of the model.
  int32 id = 2;
}

message WhyRequest {
  string model = 1;
  // 0 for those of the model that are not synced.
  int32 id = 2;
  // How many to explain at most; 0 for as many as are answered at once.
  int32 limit = 3;
}

message WhyReply {
  repeated string explanations_json = 1;
}

message AttemptsReply {
  repeated string attempts_json = 1;
}

message RetryReply {
  // Records that run now.
  int32 count = 1;
}

message ReleaseRequest {
  string model = 1;
  int32 id = 2;
  // What the audit keeps.
  string reason = 3;
}

message ReleaseReply {
  // Why the record is still there; empty when it is gone.
  string explanation_json = 1;
}

message ApplyRequest {
  // A TOSCA recipe, in YAML.
  string recipe = 1;
  // Instead: a JSON array of records, each its model's name as "model" and its fields.
  string records_json = 2;
}

message Applied {
  // A node of the recipe, or MODEL/ID.
  string name = 1;
  // created, updated or, of a recipe, applied.
  string action = 2;
}

message ApplyReply {
  repeated Applied items = 1;
}

message DeliveriesRequest {
  // ready, done or dead; empty for all.
  string state = 1;
  // The name of a step, or SYNCHRONIZER/STEP; empty for all.
  string step = 2;
  int32 limit = 3;
  // Only those behind this one.
  int64 after = 4;
}

message DeliveriesReply {
  repeated string deliveries_json = 1;
}

message DeliveryKey {
  int64 id = 1;
}

message DeliveryReply {
  string delivery_json = 1;
}

message BackupRequest {}

message BackupChunk {
  bytes content = 1;
}

message RestoreReply {
  // Rows that were restored, of records and of all that belongs to them.
  int64 rows = 1;
  // When the backup was made, ISO 8601.
  string made_at = 2;
}
`
