/** What a hundred thousand live revocations cost a token, an introspection and the memory of the server. */
import { compare } from '../compare.ts'
import { type SeededData, seedMintmark, workspace } from '../contenders/mintmark.ts'
import type { BenchOptions } from '../options.ts'
import { type PartResult, type Progress, settingsOf, titleOf } from '../parts.ts'
import { renderDisturbance, renderSummaries, type Summary, summarize } from '../report.ts'
import { serving } from '../scale.ts'
import type { Scenario } from '../scenarios.ts'
import type { Verdict } from '../targets.ts'
import { addRevocations } from './add-rows.ts'

const manyRevocations = 100_000

/** CPU of two equal servers differs by less than this in the median of five rounds on a quiet machine. */
const noise = 0.03

const asked = [
  { title: 'es256', kind: 'token', api: 'es256' },
  { title: 'introspect es256', kind: 'introspection', api: 'es256' },
  { title: 'introspect opaque', kind: 'introspection', api: 'opaque' },
] as const

const judge = (pairs: readonly (readonly Summary[])[]): readonly Verdict[] =>
  pairs.flatMap(([without, withMany], index) => {
    if (without === undefined || withMany?.cpuToFloor === undefined) return []
    const { cpuToFloor } = withMany
    return [
      {
        target: `${asked[index]?.title}: many live revocations cost no CPU beyond the noise of ${noise * 100} %`,
        measured: `${cpuToFloor.toFixed(2)} ×, ${(withMany.peakMegabytes - without.peakMegabytes).toFixed(0)} MB more`,
        met: cpuToFloor <= 1 + noise,
      },
    ]
  })

export const revocationsPart = async (
  options: BenchOptions,
  progress: Progress,
  many = manyRevocations,
): Promise<PartResult> => {
  const data: SeededData[] = []
  try {
    const pairs: (readonly [Scenario, Scenario])[] = []
    for (const { title, kind, api } of asked) {
      progress(`revoking for ${title}`)
      const pair = [await seedMintmark(options.clients), await seedMintmark(options.clients)] as const
      data.push(...pair)
      await addRevocations(pair[1], workspace, many)
      const scenarioOf = (count: number, of: SeededData): Scenario => ({
        ...serving(`mintmark ${title}, ${count.toLocaleString('en')} revocations`, of),
        ...{ kind, api },
      })
      pairs.push([scenarioOf(0, pair[0]), scenarioOf(many, pair[1])])
    }
    const measurements = await compare(pairs.flat(), settingsOf(options, progress))
    const summaries = pairs.map((pair) => summarize(pair, measurements, pair[0].name))
    return {
      figures: { summaries: summaries.flat(), measurements },
      text: [
        `${titleOf(options)}; × CPU is to no revocations\n`,
        `${renderSummaries(summaries.flat())}\n`,
        renderDisturbance(measurements),
      ].join('\n'),
      verdicts: judge(summaries),
    }
  } finally {
    await Promise.all(data.map(({ remove }) => remove()))
  }
}
