import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compare } from './compare.ts'
import { readCircumstances } from './machine.ts'
import { type BenchOptions, readOptions, usage } from './options.ts'
import { progressLine } from './progress.ts'
import { renderSummaries, summarize } from './report.ts'
import { scenarios } from './scenarios.ts'
import { judgeComparison, renderVerdicts } from './targets.ts'

const progress = progressLine(process.stderr)

const runComparison = async (options: BenchOptions) => {
  const { rounds, seconds, concurrency, clients, threadPool, only } = options
  const chosen = scenarios.filter(({ name }) => only === undefined || name.includes(only))
  if (chosen.length === 0) {
    throw new Error(`no scenario holds "${only}"; there are: ${scenarios.map(({ name }) => name).join(', ')}`)
  }
  const contender = { clients, ...(threadPool === undefined ? {} : { threadPool }) }
  const settings = { rounds, seconds, warmUpSeconds: seconds, concurrency, contender, progress: progress.show }
  const measurements = await compare(chosen, settings)
  progress.clear()
  const summaries = summarize(chosen, measurements)
  const verdicts = judgeComparison(summaries)
  console.log(
    `\nmedian of ${rounds} interleaved rounds of ${seconds} s, ${concurrency} connections, ${clients} clients\n`,
  )
  console.log(renderSummaries(summaries))
  if (verdicts.length > 0) console.log(`\n${renderVerdicts(verdicts)}`)
  return { summaries, verdicts, measurements }
}

const main = async (): Promise<number> => {
  let options: ReturnType<typeof readOptions>
  try {
    options = readOptions(process.argv.slice(2))
  } catch (error) {
    console.error(`bench: ${(error as Error).message}\n\n${usage}`)
    return 2
  }
  if (options === 'help') {
    console.log(usage)
    return 0
  }
  const now = new Date()
  const circumstances = readCircumstances(now)
  const { cpu, cores, node, commit, modified } = circumstances
  console.log(`${cpu}, ${cores} cores, Node ${node}, commit ${commit}${modified ? ' with changes' : ''}`)

  const report = { circumstances, options, compare: await runComparison(options) }

  const results = fileURLToPath(new URL('../results/', import.meta.url))
  const file = resolve(options.json ?? `${results}${now.toISOString().slice(0, 19).replaceAll(':', '')}Z.json`)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`)
  console.log(`\nwritten to ${file}`)
  return 0
}

try {
  process.exitCode = await main()
} catch (error) {
  progress.clear()
  console.error(`bench: ${(error as Error).message}`)
  process.exitCode = 1
}
