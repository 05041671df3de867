import type { Verdict } from '../decision/verdict.ts'

/** Bounds of the buckets of decision times, in seconds. */
const bounds = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3] as const

/** What a gateway counts, and how it tells it. */
export type Statistics = {
  /** @param asker the gateway that asked, or `proxy`; @param seconds the decision took */
  readonly countVerdict: (asker: string, verdict: Verdict, seconds: number) => void
  readonly countUnasked: (reason: 'peer' | 'path' | 'question') => void
  readonly countIssuerRequest: () => void
  readonly countSwap: (outcome: 'asked' | 'remembered') => void
  readonly countUpstreamFailure: (reason: 'unreachable' | 'timeout' | 'broken') => void
  readonly countReload: (outcome: 'loaded' | 'refused', time: number) => void
  /** Everything in the Prometheus text format. */
  readonly text: () => string
}

type Counts = Map<string, number>

const add = (counts: Counts, labels: string, value = 1): void => {
  counts.set(labels, (counts.get(labels) ?? 0) + value)
}

const lines = (name: string, type: string, help: string, counts: Counts): readonly string[] => [
  `# HELP ${name} ${help}`,
  `# TYPE ${name} ${type}`,
  ...[...counts].map(([labels, value]) => `${name}${labels === '' ? '' : `{${labels}}`} ${value}`),
]

export const createStatistics = (): Statistics => {
  const decisions: Counts = new Map()
  const unasked: Counts = new Map()
  const issuerRequests: Counts = new Map([['', 0]])
  const swaps: Counts = new Map()
  const upstreamFailures: Counts = new Map()
  const reloads: Counts = new Map()
  const table: Counts = new Map()
  const loadedAt: Counts = new Map()
  const buckets = [...bounds, Number.POSITIVE_INFINITY].map(() => 0)
  let sum = 0
  let count = 0

  const durationLines = (): readonly string[] => {
    const name = 'mintmark_gateway_decision_seconds'
    let total = 0
    return [
      `# HELP ${name} Time from a question to its decision.`,
      `# TYPE ${name} histogram`,
      ...buckets.map((value, index) => {
        total += value
        return `${name}_bucket{le="${bounds[index] ?? '+Inf'}"} ${total}`
      }),
      `${name}_sum ${sum}`,
      `${name}_count ${count}`,
    ]
  }

  return {
    countVerdict: (asker, verdict, seconds) => {
      const [status, check] = verdict.passed ? [200, 'passed'] : [verdict.status, verdict.check]
      add(decisions, `asker="${asker}",status="${status}",check="${check}"`)
      const index = bounds.findIndex((bound) => seconds <= bound)
      const bucket = index === -1 ? bounds.length : index
      buckets[bucket] = (buckets[bucket] ?? 0) + 1
      sum += seconds
      count += 1
    },
    countUnasked: (reason) => add(unasked, `reason="${reason}"`),
    countIssuerRequest: () => add(issuerRequests, ''),
    countSwap: (outcome) => add(swaps, `outcome="${outcome}"`),
    countUpstreamFailure: (reason) => add(upstreamFailures, `reason="${reason}"`),
    countReload: (outcome, time) => {
      add(reloads, `outcome="${outcome}"`)
      table.set('', outcome === 'loaded' ? 1 : 0)
      if (outcome === 'loaded') loadedAt.set('', time / 1000)
    },
    text: () =>
      [
        ...lines('mintmark_gateway_decisions_total', 'counter', 'Requests decided.', decisions),
        ...durationLines(),
        ...lines('mintmark_gateway_unasked_total', 'counter', 'Questions turned away: not from a gateway.', unasked),
        ...lines('mintmark_gateway_issuer_requests_total', 'counter', 'Requests to issuers.', issuerRequests),
        ...lines('mintmark_gateway_swaps_total', 'counter', 'Opaque tokens swapped for JWTs.', swaps),
        ...lines(
          'mintmark_gateway_upstream_failures_total',
          'counter',
          'Requests the API did not answer.',
          upstreamFailures,
        ),
        ...lines('mintmark_gateway_table_reloads_total', 'counter', 'Route tables read.', reloads),
        ...lines('mintmark_gateway_table_current', 'gauge', 'Whether the table in use is the one in the file.', table),
        ...lines(
          'mintmark_gateway_table_loaded_seconds',
          'gauge',
          'When the table in use was read, since 1970.',
          loadedAt,
        ),
        '',
      ].join('\n'),
  }
}
