import { createServer } from 'node:http'
import { announce } from './announce.ts'

// The limit: the least that any HTTP function in Node can do.
const server = createServer((request, response) => {
  request.resume()
  request.on('end', () => {
    response.statusCode = 204
    response.end()
  })
})
server.keepAliveTimeout = 120_000
announce(server)
