import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Listens on a free loopback port, tells the parent which, and ends with the parent. */
export const announce = (server: Server): void => {
  server.listen(0, '127.0.0.1', () => {
    process.send?.((server.address() as AddressInfo).port)
  })
  process.on('disconnect', () => process.exit())
}
