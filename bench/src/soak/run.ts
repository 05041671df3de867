/**
 * npm run soak: a server under half of the load it can carry, for as long as is wanted, and whether anything of it grows.
 *
 *   npm run soak                                  30 minutes, SQLite
 *   npm run soak -- --minutes 12 --store postgres
 *   npm run soak -- --per-second 500              at a rate of its own, on a machine that does other things
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { readCircumstances } from '../machine.ts'
import { renderVerdicts } from '../targets.ts'
import { judgeCounts, judgeMeasures } from './judge-soak.ts'
import type { Sample } from './sample.ts'
import { runSoak, type SoakOptions } from './soak.ts'

type Options = SoakOptions & { readonly report: string | undefined }

const read = (argv: readonly string[]): Options => {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      minutes: { type: 'string', default: '30' },
      'warm-up': { type: 'string', default: '5' },
      store: { type: 'string', default: 'sqlite' },
      share: { type: 'string', default: '0.5' },
      'per-second': { type: 'string' },
      report: { type: 'string' },
    },
  })
  const positive = (name: string, value: string): number => {
    const number = Number(value)
    if (!(number > 0)) throw new Error(`--${name} takes a number above 0, not ${value}`)
    return number
  }
  const { store } = values
  if (store !== 'sqlite' && store !== 'postgres') throw new Error(`--store takes sqlite or postgres, not ${store}`)
  const [seconds, warmUp] = [positive('minutes', values.minutes) * 60, positive('warm-up', values['warm-up']) * 60]
  if (seconds < warmUp + 60) throw new Error('--minutes must be a minute more than --warm-up, which is not judged')
  const perSecond = values['per-second']
  return {
    store,
    seconds,
    warmUp,
    every: 10,
    hours: 2,
    share: positive('share', values.share),
    perSecond: perSecond === undefined ? undefined : positive('per-second', perSecond),
    report: values.report,
  }
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`

const line = ({ seconds, traffic, forgetting, ...sample }: Sample): string =>
  [
    `${seconds.toFixed(0).padStart(5)} s`,
    `${(traffic.answered / traffic.seconds).toFixed(0)}/s`,
    `p99 ${traffic.p99Millis.toFixed(1)} ms`,
    `heap ${megabytes(sample.heapBytes + sample.externalBytes)}`,
    `resident ${megabytes(sample.residentBytes)}`,
    `${sample.descriptors} files`,
    `database ${megabytes(sample.bytes)}`,
    `forgot in ${forgetting.milliseconds.toFixed(0)} ms, slowest meanwhile ${forgetting.slowestMillis.toFixed(0)} ms`,
    Object.entries(sample.rows)
      .filter(([, rows]) => rows > 0)
      .map(([table, rows]) => `${table} ${rows}`)
      .join(' '),
  ].join('  ')

const main = async (): Promise<number> => {
  let options: Options
  try {
    options = read(process.argv.slice(2))
  } catch (error) {
    console.error(`soak: ${(error as Error).message}`)
    return 2
  }
  const now = new Date()
  const soak = await runSoak(options, (sample) => console.log(line(sample)))
  const verdicts = [...judgeCounts(soak), ...judgeMeasures(soak)]
  const capacity = soak.capacity === undefined ? '' : `, of ${soak.capacity.toFixed(0)} that it can do`
  console.log(`\n${soak.store}, ${soak.perSecond} requests a second${capacity}`)
  console.log(`${JSON.stringify(soak.asked)}, ${soak.changes} changes by administrators`)
  console.log(`\n${renderVerdicts(verdicts)}`)
  const folder = fileURLToPath(new URL('../../results/', import.meta.url))
  const file = resolve(options.report ?? `${folder}${now.toISOString().slice(0, 10)}-soak-${soak.store}.json`)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(
    file,
    `${JSON.stringify({ circumstances: readCircumstances(now), options, verdicts, ...soak }, null, 1)}\n`,
  )
  const passed = verdicts.every(({ met }) => met)
  console.log(`\nwritten to ${file}\n${passed ? 'passed' : 'FAILED'}`)
  return passed ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(`soak: ${(error as Error).stack}`)
  process.exitCode = 1
}
