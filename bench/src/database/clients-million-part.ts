/** What a million clients, all used at random, cost a token and take of memory, beside a thousand. */
import { compare } from '../compare.ts'
import {
  clientOf,
  type Engine,
  type SeededData,
  seedMintmark,
  serveMintmark,
  workspace,
} from '../contenders/mintmark.ts'
import type { BenchOptions } from '../options.ts'
import { type PartResult, type Progress, settingsOf, titleOf } from '../parts.ts'
import { renderDatabases, renderDisturbance, renderSummaries, summarize } from '../report.ts'
import { serving } from '../scale.ts'
import { median } from '../statistics.ts'
import type { Verdict } from '../targets.ts'
import { addClients } from './add-rows.ts'

const fewClients = 1000
const manyClients = 1_000_000

const engineNames = { sqlite: 'SQLite', postgres: 'PostgreSQL' } as const

type Counts = { readonly few: number; readonly many: number }

const dataOf = async (engine: Engine, count: number, first = 10): Promise<SeededData> => {
  const data = await seedMintmark(first, undefined, undefined, engine)
  try {
    return await addClients(data, workspace, count - first, JSON.stringify(clientOf({})))
  } catch (error) {
    await data.remove()
    throw error
  }
}

const measureEngine = async (engine: Engine, { few, many }: Counts, options: BenchOptions, progress: Progress) => {
  const nameOf = (count: number): string =>
    `mintmark es256, ${engineNames[engine]}, ${count.toLocaleString('en')} clients`
  progress(`registering ${few + many} clients on ${engineNames[engine]}`)
  const began = performance.now()
  const data: SeededData[] = []
  try {
    for (const count of [few, many]) data.push(await dataOf(engine, count))
    const seedingSeconds = (performance.now() - began) / 1000
    const [fewData, manyData] = data as [SeededData, SeededData]
    const readyMillis: number[] = []
    for (let start = 1; start <= options.rounds; start++) {
      progress(`start ${start} of ${options.rounds}`)
      const running = await serveMintmark(manyData, {})
      await running.stop()
      readyMillis.push(running.readyMillis)
    }
    const both = [serving(nameOf(few), fewData), serving(nameOf(many), manyData)]
    // The server with many clients has given a million tokens when it is measured, and its code is as fast as it gets.
    const warmUpSeconds = options.seconds * 5
    const measurements = await compare(both, { ...settingsOf(options, progress), warmUpSeconds })
    const summaries = summarize(both, measurements, nameOf(few))
    return { engine, seedingSeconds, readyMillis, measurements, summaries }
  } finally {
    await Promise.all(data.map(({ remove }) => remove()))
  }
}

type EngineFigures = Awaited<ReturnType<typeof measureEngine>>

const judge = ({ engine, summaries, readyMillis }: EngineFigures): readonly Verdict[] => {
  const [, many] = summaries
  if (many?.cpuToFloor === undefined) return []
  const { cpuToFloor, peakMegabytes } = many
  const ready = median(readyMillis)
  return [
    {
      target: `${engineNames[engine]}: CPU of a token with many clients within 10 % of that with few`,
      measured: `${cpuToFloor.toFixed(2)} ×`,
      met: cpuToFloor <= 1.1,
    },
    {
      target: `${engineNames[engine]}: memory with many clients under 400 MB`,
      measured: `${peakMegabytes.toFixed(0)} MB`,
      met: peakMegabytes < 400,
    },
    {
      target: `${engineNames[engine]}: ready with many clients under 500 ms`,
      measured: `${ready.toFixed(0)} ms`,
      met: ready < 500,
    },
  ]
}

/** One database after the other, with few and with many clients interleaved. */
export const clientsMillionPart = async (
  options: BenchOptions,
  progress: Progress,
  counts: Counts = { few: fewClients, many: manyClients },
): Promise<PartResult> => {
  const figures: EngineFigures[] = []
  for (const engine of options.engines) figures.push(await measureEngine(engine, counts, options, progress))
  const summaries = figures.flatMap((one) => one.summaries)
  const lines = figures.map(
    ({ engine, seedingSeconds, readyMillis }) =>
      `${engineNames[engine]}: registered in ${seedingSeconds.toFixed(0)} s, ready after ${median(readyMillis).toFixed(0)} ms`,
  )
  const title = `${titleOf(options)}; × CPU is to ${counts.few.toLocaleString('en')} clients on the same database`
  return {
    figures: { engines: figures },
    text: [
      `${title}\n\n${renderSummaries(summaries)}${renderDatabases(summaries)}\n`,
      ...lines,
      renderDisturbance(figures.flatMap(({ measurements }) => measurements)),
    ].join('\n'),
    verdicts: figures.flatMap(judge),
  }
}
