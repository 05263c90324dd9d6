import { startServer } from './child.ts'
import { sampleMessage } from './message.ts'
import { postMany } from './post.ts'
import { interleaved, printTable, shown, spreadOf } from './statistics.ts'

const servers = ['raw', 'host', 'fastify-cloudevents', 'functions-framework'] as const

const names: Readonly<Record<(typeof servers)[number], string>> = {
  raw: 'raw node:http',
  host: 'syncstep function host',
  'fastify-cloudevents': 'fastify 5 + cloudevents 10',
  'functions-framework': 'functions-framework 5',
}

/** B1: a function host that gets changes and does nothing. 16 connections, 20 000 requests. */
export const runB1 = async (rounds: number): Promise<void> => {
  const load = { connections: 16, requests: 20_000 }
  const children = Object.fromEntries(
    await Promise.all(servers.map(async (name) => [name, await startServer(name)] as const)),
  )
  for (const mode of ['binary', 'structured'] as const) {
    const contenders = Object.fromEntries(
      servers.map((name) => [
        names[name],
        () => postMany(children[name]?.url ?? '', sampleMessage(mode), load),
      ]),
    )
    await interleaved(1, contenders)
    const results = await interleaved(rounds, contenders)
    printTable(`B1 function host, ${mode} mode, 16 connections`, 'req/s', names.raw, results)
  }
  for (const child of Object.values(children)) child.stop()

  const starts = await interleaved(
    rounds,
    Object.fromEntries(
      servers.map((name) => [
        names[name],
        async () => {
          const child = await startServer(name)
          child.stop()
          return child.startMs
        },
      ]),
    ),
  )
  console.log('\nB1 spawn to first answer, transpiled on the fly')
  for (const [name, values] of starts)
    console.log(`  ${name.padEnd(34)} ${shown(spreadOf(values))} ms`)
}
