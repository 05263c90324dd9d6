import { Metadata } from '@grpc/grpc-js'

/** What shows a core who asks. */
export const basicMetadata = (username: string, password: string): Metadata => {
  const metadata = new Metadata()
  const pair = Buffer.from(`${username}:${password}`).toString('base64')
  metadata.set('authorization', `Basic ${pair}`)
  return metadata
}
