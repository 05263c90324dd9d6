import { Server, ServerCredentials, type handleUnaryCall } from '@grpc/grpc-js'
import Fastify from 'fastify'
import { announce } from './announce.ts'

// The limits: the least that any server with fastify or grpc-js in Node can do.
const same = (bytes: Buffer): Buffer => bytes
const grpc = new Server()
const echo: handleUnaryCall<Buffer, Buffer> = (call, done) => {
  done(null, call.request)
}
grpc.addService(
  {
    Echo: {
      path: '/bench.Echo/Echo',
      requestStream: false,
      responseStream: false,
      requestSerialize: same,
      requestDeserialize: same,
      responseSerialize: same,
      responseDeserialize: same,
    },
  },
  { Echo: echo },
)

const record = { id: 1, name: 'item', description: 'x'.repeat(200) }
const app = Fastify()
app.get('/', () => record)
app.post('/', (request) => request.body)
app.put('/', (request) => request.body)
app.get('/list', () => ({ items: Array<object>(1000).fill(record) }))

grpc.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error
  app.get('/grpc', () => ({ port }))
  void app.ready().then(() => {
    announce(app.server)
  })
})
