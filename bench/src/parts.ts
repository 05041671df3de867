/** The parts of the benchmark that compare and that count, each from its options to its figures, its table and its verdicts. */
import { compare } from './compare.ts'
import { startLoadProcess } from './load/load-process.ts'
import { prepareScenario } from './measure.ts'
import { memoryCourse } from './million.ts'
import type { BenchOptions } from './options.ts'
import { renderDatabases, renderDisturbance, renderMemory, renderSummaries, summarize } from './report.ts'
import { prepareScale } from './scale.ts'
import { scenarios } from './scenarios.ts'
import { median } from './statistics.ts'
import { judgeComparison, judgeMemory, judgeScale, type Verdict } from './targets.ts'

export type PartResult = {
  /** For the JSON file. */
  readonly figures: object
  /** For the terminal. */
  readonly text: string
  readonly verdicts: readonly Verdict[]
}

export type Progress = (line: string) => void

export const settingsOf = (
  { rounds, seconds, concurrency, clients, threadPool }: BenchOptions,
  progress: Progress,
) => ({
  ...{ rounds, seconds, warmUpSeconds: seconds, concurrency, progress },
  contender: { clients, ...(threadPool === undefined ? {} : { threadPool }) },
})

export const titleOf = ({ rounds, seconds, concurrency }: BenchOptions): string =>
  `median of ${rounds} interleaved rounds of ${seconds} s, ${concurrency} connections`

export const comparePart = async (options: BenchOptions, progress: Progress): Promise<PartResult> => {
  const { only, clients } = options
  const chosen = scenarios.filter(({ name }) => only === undefined || only.some((text) => name.includes(text)))
  if (chosen.length === 0) {
    throw new Error(
      `no scenario holds ${only?.join(' or ')}; there are: ${scenarios.map(({ name }) => name).join(', ')}`,
    )
  }
  const measurements = await compare(chosen, settingsOf(options, progress))
  const summaries = summarize(chosen, measurements)
  return {
    figures: { summaries, measurements },
    text: `${titleOf(options)}, ${clients} clients\n\n${renderSummaries(summaries)}${renderDatabases(summaries)}\n\n${renderDisturbance(measurements)}`,
    verdicts: judgeComparison(summaries),
  }
}

export const scalePart = async (options: BenchOptions, progress: Progress, many?: number): Promise<PartResult> => {
  progress('registering clients')
  const { few, many: manyScenario, timeReady, remove } = await prepareScale(many)
  try {
    const readyMillis: number[] = []
    for (let start = 1; start <= options.rounds; start++) {
      progress(`start ${start} of ${options.rounds}`)
      readyMillis.push(await timeReady())
    }
    const both = [few, manyScenario]
    const measurements = await compare(both, settingsOf(options, progress))
    const summaries = summarize(both, measurements, few.name)
    const ready = median(readyMillis)
    const text = `${titleOf(options)}; × is to 10 clients\n\n${renderSummaries(summaries)}\n\nready after ${ready.toFixed(0)} ms`
    return {
      figures: { summaries, measurements, readyMillis },
      text: `${text}\n${renderDisturbance(measurements)}`,
      verdicts: judgeScale(summaries[1], ready),
    }
  } finally {
    await remove()
  }
}

/** Samples taken over the course. */
const slices = 40

export const millionPart = async (options: BenchOptions, progress: Progress): Promise<PartResult> => {
  const scenario = scenarios.find(({ name }) => name === 'mintmark es256')
  if (scenario === undefined) throw new Error('there is no scenario of Mintmark')
  const { tokens: requests, concurrency, clients } = options
  const load = startLoadProcess()
  try {
    const prepared = await prepareScenario(scenario, load, { clients })
    try {
      const course = await memoryCourse(prepared, load, { requests, slices, concurrency, progress })
      return { figures: course, text: renderMemory(course), verdicts: judgeMemory(course) }
    } finally {
      await prepared.contender.stop()
    }
  } finally {
    await load.stop()
  }
}
