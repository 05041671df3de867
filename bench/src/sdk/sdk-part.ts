/** The part of the benchmark about the two SDKs: what they cost the process that uses them, and its bundle. */
import type { BenchOptions } from '../options.ts'
import type { PartResult } from '../parts.ts'
import { renderTable } from '../report.ts'
import type { Verdict } from '../targets.ts'
import { type BundleSize, bundleSize } from './bundle-size.ts'
import { type CallCost, callCosts, ratioOf } from './call-cost.ts'
import { cachedToken, requestsOfColdStart } from './client-calls.ts'
import { verificationContenders } from './verification.ts'

/** Tokens of a round; each is verified once where new ones are measured. */
const tokens = 2000
const callers = 10_000

const sizes = async (): Promise<readonly BundleSize[]> => [
  await bundleSize('@mintmark/client', '@mintmark/client'),
  await bundleSize('@mintmark/resource-server, without jose', '@mintmark/resource-server', ['jose']),
]

const named = (costs: readonly CallCost[], name: string): CallCost => {
  const found = costs.find((cost) => cost.name === name)
  if (found === undefined) throw new Error(`nothing was measured as ${name}`)
  return found
}

export type SdkFigures = {
  readonly costs: readonly CallCost[]
  readonly coldStartRequests: number
  readonly bundles: readonly BundleSize[]
}

/** What the SDKs are judged by. */
export const judgeSdk = ({ costs, coldStartRequests, bundles }: SdkFigures): readonly Verdict[] => {
  const seen = named(costs, 'mintmark, token seen before')
  const fresh = named(costs, 'mintmark, new token')
  const perSecond = 1e6 / seen.wallMicros
  const toJose = ratioOf(named(costs, 'jose.jwtVerify'), seen, 'wallMicros')
  const toBare = ratioOf(fresh, named(costs, 'bare crypto.verify, callback'), 'wallMicros')
  const cached = named(costs, 'client, token() from memory')
  const limits = [10_000, 25_000]
  return [
    {
      target: 'a token seen before: at least 500,000 decisions/s on one core',
      measured: Math.round(perSecond).toLocaleString('en'),
      met: perSecond >= 500_000,
    },
    { target: 'and at least 20 × jose.jwtVerify', measured: `${toJose.toFixed(0)} ×`, met: toJose >= 20 },
    {
      target: 'a new token: at most 1.15 × bare crypto.verify plus parsing',
      measured: `${toBare.toFixed(2)} ×`,
      met: toBare <= 1.15,
    },
    {
      target: `${callers.toLocaleString('en')} callers at a cold start: one token request`,
      measured: String(coldStartRequests),
      met: coldStartRequests === 1,
    },
    {
      target: 'token() from memory: under 1 µs',
      measured: `${cached.wallMicros.toFixed(2)} µs`,
      met: cached.wallMicros < 1,
    },
    ...bundles.map(({ name, gzippedBytes }, index) => ({
      target: `${name}: under ${(limits[index] ?? 0) / 1000} kB`,
      measured: `${(gzippedBytes / 1000).toFixed(1)} kB`,
      met: gzippedBytes < (limits[index] ?? 0),
    })),
  ]
}

const renderCosts = (costs: readonly CallCost[]): string =>
  renderTable(
    ['one call', 'µs', 'low–high', 'CPU µs', 'calls/s'],
    costs.map(({ name, wallMicros, wallRange, cpuMicros }) => [
      name,
      wallMicros.toFixed(2),
      wallRange.map((value) => value.toFixed(2)).join('–'),
      cpuMicros.toFixed(2),
      Math.round(1e6 / wallMicros).toLocaleString('en'),
    ]),
  )

const renderBundles = (bundles: readonly BundleSize[]): string =>
  renderTable(
    ['bundle', 'minified kB', 'gzipped kB'],
    bundles.map(({ name, minifiedBytes, gzippedBytes }) => [
      name,
      (minifiedBytes / 1000).toFixed(1),
      (gzippedBytes / 1000).toFixed(1),
    ]),
  )

/** @param scale 1 as measured for the record; less for a quick look that all of it runs */
export const sdkPart = async (
  { rounds }: BenchOptions,
  progress: (line: string) => void,
  scale = 1,
): Promise<PartResult> => {
  const contenders = [...verificationContenders(Math.ceil(tokens * scale)), cachedToken(Math.ceil(2_000_000 * scale))]
  const figures = {
    costs: await callCosts(contenders, { rounds, progress }),
    coldStartRequests: await requestsOfColdStart(callers),
    bundles: await sizes(),
  }
  return {
    figures,
    text: `median of ${rounds} interleaved rounds, one call after the other\n\n${renderCosts(figures.costs)}\n\n${renderBundles(figures.bundles)}`,
    verdicts: judgeSdk(figures),
  }
}
