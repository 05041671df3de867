import type { Verdict } from '../targets.ts'
import type { Overload } from './figures.ts'

/** What must hold under five times the load, and after it. */
export const judgeOverload = ({ peak, overload, after }: Overload): readonly Verdict[] => {
  const goodput = overload.answeredPerSecond / peak.perSecond
  const worth = peak.cpuMicrosPerToken / overload.cpuMicrosPerToken
  const refusedAfter = after.refusedPerSecond / after.offeredPerSecond
  return [
    {
      target: 'tokens a second at 5 × the peak: at least 80 % of the peak',
      measured: `${(goodput * 100).toFixed(0)} %`,
      met: goodput >= 0.8,
    },
    {
      target: 'tokens for each second of CPU at 5 × the peak: at least 80 % of those at the peak',
      measured: `${(worth * 100).toFixed(0)} %`,
      met: worth >= 0.8,
    },
    {
      target: 'every request that was sent is answered, and each refusal has Retry-After',
      measured: `${overload.unanswered} without an answer, ${overload.withoutRetryAfter} without Retry-After`,
      met: overload.unanswered === 0 && overload.withoutRetryAfter === 0,
    },
    {
      target: 'callers that obey Retry-After are refused within 100 ms at p99',
      measured: overload.polite.refused === 0 ? 'none refused' : `${overload.polite.refusedP99Millis.toFixed(0)} ms`,
      met: overload.polite.refused === 0 || overload.polite.refusedP99Millis < 100,
    },
    {
      target: 'health under overload: within 100 ms at p99',
      measured: `${overload.health.p99Millis.toFixed(0)} ms`,
      met: overload.health.p99Millis < 100,
    },
    {
      target: 'memory under overload: peak under 450 MB',
      measured: `${(overload.peakBytes / 1e6).toFixed(0)} MB`,
      met: overload.peakBytes < 450e6,
    },
    {
      target: 'half of the peak right after it: nothing is refused',
      measured: `${(refusedAfter * 100).toFixed(2)} % refused`,
      met: refusedAfter === 0,
    },
  ]
}
