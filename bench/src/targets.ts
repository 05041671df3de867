import type { Summary } from './report.ts'

/** One line of the promise: what is asked, what was measured, whether it holds. */
export type Verdict = {
  readonly target: string
  readonly measured: string
  readonly met: boolean
}

/** What the comparison is judged by; only what was measured is judged. */
export const judgeComparison = (summaries: readonly Summary[]): readonly Verdict[] => {
  const find = (name: string) => summaries.find(({ scenario }) => scenario === name)
  const cpu = find('mintmark es256')?.cpuToBare
  const rates = ['es256', 'opaque'].flatMap((api) => {
    const ratio = find(`mintmark ${api}`)?.rateToPeer
    return ratio === undefined ? [] : [{ api, ratio }]
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
  ]
}

export const renderVerdicts = (verdicts: readonly Verdict[]): string =>
  verdicts.map(({ target, measured, met }) => `${met ? 'met   ' : 'missed'}  ${target}: ${measured}`).join('\n')
