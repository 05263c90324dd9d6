import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { adminBasic, startCoreProcess, type CoreProcess } from '../support/core-process.ts'
import { makeDataFolder } from '../support/made-pglite.ts'
import { said } from '../support/said.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'

const health = async ({ ports }: CoreProcess, path: string) => {
  const response = await fetch(`http://127.0.0.1:${ports.health}${path}`)
  return { status: response.status, text: await response.text() }
}

test('a core counts and logs what it answers, without secrets, and shows a certificate over TLS', async () => {
  const data = await makeDataFolder(await temporaryFolder())
  const core = await startCoreProcess({ data, environment: { SYNCSTEP_TIMEOUT: '60s' } })
  const get = (environment: Readonly<Record<string, string>>) =>
    said(['get', 'Site', '--timeout', '60s'], { environment })

  const plain = await get({ SYNCSTEP_SERVER: `127.0.0.1:${core.ports.grpc}` })
  expect(plain.stdout).toMatch(/mysite/)
  const authority = path.join(data, 'certificates/ca.pem')
  const secure = { SYNCSTEP_SERVER: `localhost:${core.ports.grpcTls}`, SYNCSTEP_TLS_CA: authority }
  expect((await get(secure)).stdout).toBe(plain.stdout)
  expect(await readFile(authority, 'utf8')).toMatch(/^-----BEGIN CERTIFICATE-----/)
  expect((await core.rest('GET', 'core/sites')).status).toBe(200)

  expect(await health(core, '/readyz')).toEqual({ status: 200, text: 'ok\n' })
  const { text } = await health(core, '/metrics')
  expect(text).toMatch(/^grpc_request_count_total\{app_name="xos-core",model_name="Site",endpoint="ListSite",status="OK"\} 2$/m) // prettier-ignore
  expect(text).toMatch(/^http_server_request_duration_seconds_count\{http_request_method="GET",http_route="rest \/xosapi\/v1\/:app\/:plural",http_response_status_code="200"\} 1$/m) // prettier-ignore
  expect(text).toMatch(/^process_resident_memory_bytes \d+$/m)
  await core.program.said(/"face":"grpc","method":"\/xos.xos\/ListSite","status":"OK","ms":\d+,"caller":"admin@opencord.org"/) // prettier-ignore
  await core.program.said(/"face":"rest","method":"GET","route":"\/xosapi\/v1\/:app\/:plural","collection":"core\/sites","status":200,"ms":\d+,"caller":"admin@opencord.org"/) // prettier-ignore
  expect(core.program.lines.join('\n')).not.toMatch(/letmein|[Bb]asic /)
})

const answered = async (socket: Socket): Promise<string> => {
  const [bytes] = (await once(socket, 'data')) as [Buffer]
  return bytes.toString()
}

test('a core that is told to end answers what is under way, and says that it is not ready', async () => {
  const core = await startCoreProcess({ data: await makeDataFolder(await temporaryFolder()) })
  const body = JSON.stringify({ name: 'a', abbreviated_name: 'a', login_base: 'a', site_url: 'http://a/' }) // prettier-ignore
  const socket = connect(core.ports.rest, '127.0.0.1')
  socket.write(
    [
      'POST /xosapi/v1/core/sites HTTP/1.1',
      'host: core',
      `authorization: ${adminBasic}`,
      'content-type: application/json',
      `content-length: ${body.length}`,
      'expect: 100-continue',
      '\r\n',
    ].join('\r\n'),
  )
  expect(await answered(socket)).toMatch(/^HTTP\/1.1 100 /)

  core.program.kill('SIGTERM')
  await until('the core to say so', async () => (await health(core, '/readyz')).status === 503)
  expect((await health(core, '/livez')).status).toBe(200)
  socket.write(body)
  expect(await answered(socket)).toMatch(/^HTTP\/1.1 200 /)
  socket.end()
  expect(await core.program.exit).toBe(0)
})
