import { Client, credentials } from '@grpc/grpc-js'
import protobuf from 'protobufjs'

// As published, the parts that clients of XOS use.
const text = (version: string): string => `
  syntax = "proto3";
  package grpc.reflection.${version};
  message ServerReflectionRequest {
    string host = 1;
    oneof message_request {
      string file_by_filename = 3;
      string file_containing_symbol = 4;
      ExtensionRequest file_containing_extension = 5;
      string all_extension_numbers_of_type = 6;
      string list_services = 7;
    }
  }
  message ExtensionRequest { string containing_type = 1; int32 extension_number = 2; }
  message ServerReflectionResponse {
    string valid_host = 1;
    ServerReflectionRequest original_request = 2;
    oneof message_response {
      FileDescriptorResponse file_descriptor_response = 4;
      ExtensionNumberResponse all_extension_numbers_response = 5;
      ListServiceResponse list_services_response = 6;
      ErrorResponse error_response = 7;
    }
  }
  message FileDescriptorResponse { repeated bytes file_descriptor_proto = 1; }
  message ExtensionNumberResponse { string base_type_name = 1; repeated int32 extension_number = 2; }
  message ListServiceResponse { repeated ServiceResponse service = 1; }
  message ServiceResponse { string name = 1; }
  message ErrorResponse { int32 error_code = 1; string error_message = 2; }
`

export type ReflectionReply = {
  readonly valid_host: string
  readonly original_request: Readonly<Record<string, unknown>>
  readonly file_descriptor_response?: { readonly file_descriptor_proto: readonly Uint8Array[] }
  readonly all_extension_numbers_response?: {
    readonly base_type_name: string
    readonly extension_number: readonly number[]
  }
  readonly list_services_response?: { readonly service: readonly { readonly name: string }[] }
  readonly error_response?: { readonly error_code: number; readonly error_message: string }
}

/** Asks a server about itself, without credentials: one stream, as many answers as questions. */
export const reflect = (
  port: number,
  version: 'v1' | 'v1alpha',
  questions: readonly object[],
): Promise<readonly ReflectionReply[]> => {
  const { root } = protobuf.parse(text(version), { keepCase: true })
  const prefix = `grpc.reflection.${version}`
  const request = root.lookupType(`${prefix}.ServerReflectionRequest`)
  const response = root.lookupType(`${prefix}.ServerReflectionResponse`)
  const client = new Client(`localhost:${port}`, credentials.createInsecure())
  return new Promise((resolve, reject) => {
    const replies: ReflectionReply[] = []
    const call = client.makeBidiStreamRequest(
      `/${prefix}.ServerReflection/ServerReflectionInfo`,
      (question: object) => Buffer.from(request.encode(request.fromObject(question)).finish()),
      (bytes: Buffer) => response.toObject(response.decode(bytes)) as ReflectionReply,
    )
    call.on('data', (reply: ReflectionReply) => {
      replies.push(reply)
    })
    call.on('error', reject)
    call.on('end', () => {
      client.close()
      resolve(replies)
    })
    for (const question of questions) call.write(question)
    call.end()
  })
}
