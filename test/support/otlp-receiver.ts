import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

type Value = Readonly<Record<string, unknown>>
type Pair = { readonly key: string; readonly value: Value }

/** What a span says of itself as OTLP has it in JSON; `kind` 1: internal, 2: server, 3: client. */
type WireSpan = {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly attributes?: readonly Pair[]
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[]
}

type Body = {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Pair[] }
    readonly scopeSpans: readonly { readonly spans: readonly WireSpan[] }[]
  }[]
}

type Named = Readonly<Record<string, unknown>>

export type ShownSpan = Omit<WireSpan, 'attributes' | 'links'> & {
  readonly attributes: Named
  readonly links: NonNullable<WireSpan['links']>
  readonly resource: Named
}

/** Takes traces by OTLP over HTTP in JSON, as a collector does. */
export type Receiver = {
  readonly url: string
  readonly spans: readonly ShownSpan[]
  close(): Promise<void>
}

const named = (pairs: readonly Pair[] = []): Named =>
  Object.fromEntries(pairs.map(({ key, value }) => [key, Object.values(value)[0]]))

const spansIn = ({ resourceSpans }: Body): readonly ShownSpan[] =>
  resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        ...span,
        attributes: named(span.attributes),
        links: span.links ?? [],
        resource: named(resource.attributes),
      })),
    ),
  )

export const startReceiver = async (): Promise<Receiver> => {
  const spans: ShownSpan[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const isTraces = request.url === '/v1/traces'
      if (isTraces) spans.push(...spansIn(JSON.parse(Buffer.concat(chunks).toString()) as Body))
      response.writeHead(isTraces ? 200 : 404, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
