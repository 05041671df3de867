import type { MemoryCourse } from './million.ts'
import type { Summary } from './report.ts'

/** One line of the promise: what is asked, what was measured, whether it holds. */
export type Verdict = {
  readonly target: string
  readonly measured: string
  readonly met: boolean
}

/** Share of the rate with a secret that a stronger way must reach. */
const shares = [
  { name: 'private_key_jwt', least: 0.6 },
  { name: 'private_key_jwt PS256', least: 0.6 },
  { name: 'dpop', least: 0.45 },
]

/** What the comparison is judged by; only what was measured is judged. */
export const judgeComparison = (summaries: readonly Summary[]): readonly Verdict[] => {
  const find = (name: string) => summaries.find(({ scenario }) => scenario === name)
  const cpu = find('mintmark es256')?.cpuToFloor
  const rates = ['es256', 'opaque'].flatMap((api) => {
    const ratio = find(`mintmark ${api}`)?.rateToPeer
    return ratio === undefined ? [] : [{ api, ratio }]
  })
  const stronger = shares.flatMap(({ name, least }) => {
    const ratio = find(`mintmark es256 ${name}`)?.rateToPlain
    return ratio === undefined ? [] : [{ name, least, ratio }]
  })
  return [
    ...(cpu === undefined
      ? []
      : [{ target: 'ES256 token: at most 1.4 × the CPU of bare', measured: `${cpu.toFixed(2)} ×`, met: cpu <= 1.4 }]),
    ...rates.map(({ api, ratio }) => ({
      target: `${api} token: at least 3 × the rate of node-oidc-provider`,
      measured: `${ratio.toFixed(2)} ×`,
      met: ratio >= 3,
    })),
    ...stronger.map(({ name, least, ratio }) => ({
      target: `${name}: at least ${least * 100} % of the rate of client_secret_basic`,
      measured: `${(ratio * 100).toFixed(0)} %`,
      met: ratio >= least,
    })),
  ]
}

/** What many clients may cost. */
export const judgeScale = (many: Summary | undefined, readyMillis: number): readonly Verdict[] => [
  ...(many?.cpuToFloor === undefined
    ? []
    : [
        {
          target: 'CPU of a token with many clients: within 10 % of that with 10',
          measured: `${many.cpuToFloor.toFixed(2)} ×`,
          met: many.cpuToFloor <= 1.1,
        },
      ]),
  {
    target: 'ready with many clients: under 500 ms',
    measured: `${readyMillis.toFixed(0)} ms`,
    met: readyMillis < 500,
  },
]

/** Flat within what the garbage collector's rhythm moves, and small. */
export const judgeMemory = ({ peakBytes, growth }: MemoryCourse): readonly Verdict[] => [
  {
    target: 'memory over the tokens: flat (last quarter within 5 % of the second)',
    measured: `${growth.toFixed(2)} ×`,
    met: growth <= 1.05,
  },
  { target: 'memory: peak under 200 MB', measured: `${(peakBytes / 1e6).toFixed(0)} MB`, met: peakBytes < 200e6 },
]

export const renderVerdicts = (verdicts: readonly Verdict[]): string =>
  verdicts.map(({ target, measured, met }) => `${met ? 'met   ' : 'missed'}  ${target}: ${measured}`).join('\n')
