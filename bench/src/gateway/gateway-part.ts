/** The part of the benchmark about the gateway verifier: what a gateway waits for when it asks about a request. */
import { startLoadProcess } from '../load/load-process.ts'
import { type Measurement, measure } from '../measure.ts'
import type { BenchOptions } from '../options.ts'
import type { PartResult } from '../parts.ts'
import { renderDisturbance, renderTable } from '../report.ts'
import { audience, issuer, scope, signedTokens } from '../sdk/signed-tokens.ts'
import { median } from '../statistics.ts'
import type { Verdict } from '../targets.ts'
import { startVerifier, type VerifierProcess } from './verifier-process.ts'

/** Different tokens, each seen before once the warm-up is over. */
const tokenCount = 500

/** The question of nginx, as the configuration in deploy/ asks it. */
const question = (token: string): string =>
  [
    'GET /nginx HTTP/1.1',
    'Host: 127.0.0.1',
    'X-Original-Method: GET',
    'X-Original-URI: /weatherforecast?days=3',
    'X-Original-Host: api.example',
    'User-Agent: curl/8.5.0',
    'Accept: */*',
    `Authorization: Bearer ${token}`,
    '',
    '',
  ].join('\r\n')

const contenders = [
  { name: 'bare node:http', file: './bare-contender.ts', expect: 'X-Bare-5' },
  { name: 'mintmark gateway', file: './gateway-contender.ts', expect: 'X-Mintmark-Client-Id: weather-website' },
] as const

type Latency = { readonly name: string; readonly alone: readonly Measurement[]; readonly busy: readonly Measurement[] }

const medianOf = (all: readonly Measurement[], read: (one: Measurement) => number): number => median(all.map(read))

const render = (latencies: readonly Latency[], connections: number): string =>
  renderTable(
    ['asked', 'p50 ms', 'p99 ms', 'CPU µs', `questions/s, ${connections} at once`, 'CPU µs then'],
    latencies.map(({ name, alone, busy }) => [
      name,
      medianOf(alone, ({ p50Millis }) => p50Millis).toFixed(3),
      medianOf(alone, ({ p99Millis }) => p99Millis).toFixed(3),
      medianOf(alone, ({ cpuMicrosPerRequest }) => cpuMicrosPerRequest).toFixed(1),
      Math.round(medianOf(busy, ({ requestsPerSecond }) => requestsPerSecond)).toLocaleString('en'),
      medianOf(busy, ({ cpuMicrosPerRequest }) => cpuMicrosPerRequest).toFixed(1),
    ]),
  )

const judge = (latencies: readonly Latency[]): readonly Verdict[] => {
  const gateway = latencies.find(({ name }) => name === 'mintmark gateway')
  if (gateway === undefined) return []
  const p50 = medianOf(gateway.alone, ({ p50Millis }) => p50Millis)
  return [
    {
      target: 'asking the gateway verifier: p50 under 0.3 ms',
      measured: `${p50.toFixed(3)} ms`,
      met: p50 < 0.3,
    },
  ]
}

export const gatewayPart = async (
  { rounds, seconds, concurrency }: BenchOptions,
  progress: (line: string) => void,
): Promise<PartResult> => {
  const { jwk, tokens } = signedTokens(tokenCount)
  // JSON is YAML.
  const table = JSON.stringify({
    issuers: [{ issuer, keys: { jwks: { keys: [jwk] } } }],
    routes: [{ path: '/weatherforecast', methods: ['GET'], audience, scopes: [scope] }],
  })
  const load = startLoadProcess()
  const started: VerifierProcess[] = []
  const latencies = contenders.map(({ name }) => ({ name, alone: [] as Measurement[], busy: [] as Measurement[] }))
  try {
    for (const { name, file, expect } of contenders) {
      progress(`starting ${name}`)
      const verifier = await startVerifier(file, table)
      started.push(verifier)
      const { port, pid } = verifier
      await load.prepare({ name, port, requests: tokens.map(question), expect })
      const measured = { scenario: { name }, contender: { pid } }
      await measure(measured, load, 0, { concurrency, count: tokenCount, inOrder: true })
      await measure(measured, load, 0, { concurrency, seconds })
    }
    for (let round = 1; round <= rounds; round++) {
      for (const [index, { name, alone, busy }] of latencies.entries()) {
        progress(`round ${round} of ${rounds}: ${name}`)
        const measured = { scenario: { name }, contender: { pid: started[index]?.pid ?? 0 } }
        alone.push(await measure(measured, load, round, { concurrency: 1, seconds }))
        busy.push(await measure(measured, load, round, { concurrency, seconds }))
      }
    }
  } finally {
    await Promise.all([load.stop(), ...started.map(({ stop }) => stop())])
  }
  const all = latencies.flatMap(({ alone, busy }) => [...alone, ...busy])
  const title = `median of ${rounds} interleaved rounds of ${seconds} s; one question at a time on one connection, unless it says otherwise`
  return {
    figures: { latencies },
    text: `${title}\n\n${render(latencies, concurrency)}\n\n${renderDisturbance(all)}`,
    verdicts: judge(latencies),
  }
}
