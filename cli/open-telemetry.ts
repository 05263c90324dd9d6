import {
  diag,
  DiagLogLevel,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type SpanContext,
} from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { traceIdsOf, type SpanStart, type Tracer } from '#contract'

export type OpenTelemetry = {
  readonly tracer: Tracer
  /** Sends what has gathered. */
  close(): Promise<void>
}

const kinds = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  internal: SpanKind.INTERNAL,
} as const satisfies Record<SpanStart['kind'], SpanKind>

const contextIn = (traceparent: string): SpanContext => ({
  ...traceIdsOf(traceparent),
  traceFlags: traceparent.endsWith('1') ? TraceFlags.SAMPLED : TraceFlags.NONE,
  isRemote: true,
})

const traceparentOf = ({ traceId, spanId, traceFlags }: SpanContext): string =>
  `00-${traceId}-${spanId}-0${traceFlags & TraceFlags.SAMPLED}`

/** The library tells errors as JSON with all there is in them, stacks included. */
const messageIn = (text: string): string => /"message":"([^"]*)"/.exec(text)?.[1] ?? text

/**
 * Sends spans to where the `OTEL_` variables of the process say, which the library reads by itself. `told` hears, in words
 * of the library, of what cannot be sent.
 */
export const startOpenTelemetry = (
  service: { readonly name: string; readonly version: string },
  told: (error: string) => void,
): OpenTelemetry => {
  const write = (text: string): void => told(messageIn(text))
  const logger = { error: write, warn: write, info: write, debug: write, verbose: write }
  diag.setLogger(logger, DiagLogLevel.WARN)
  const own = resourceFromAttributes({
    'service.name': service.name,
    'service.version': service.version,
  })
  const provider = new BasicTracerProvider({
    resource: defaultResource()
      .merge(own)
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  })
  const tracer = provider.getTracer('syncstep', service.version)

  return {
    tracer: {
      begin({ name, kind, parent, links = [], attributes, startMs }) {
        const context =
          parent === undefined
            ? ROOT_CONTEXT
            : trace.setSpanContext(ROOT_CONTEXT, contextIn(parent))
        const span = tracer.startSpan(
          name,
          {
            kind: kinds[kind],
            attributes,
            links: links.map((link) => ({ context: contextIn(link) })),
            ...(startMs === undefined ? {} : { startTime: startMs }),
          },
          context,
        )
        return {
          traceparent: traceparentOf(span.spanContext()),
          end(more = {}, failure) {
            span.setAttributes(more)
            if (failure !== undefined) {
              span.setAttribute('error.type', failure)
              span.setStatus({ code: SpanStatusCode.ERROR })
            }
            span.end()
          },
        }
      },
    },

    close: () => provider.shutdown(),
  }
}
