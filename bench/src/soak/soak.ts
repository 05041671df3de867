import { setTimeout as pause } from 'node:timers/promises'
import { seedMintmark } from '../contenders/mintmark.ts'
import { startLoadProcess } from '../load/load-process.ts'
import { tokenRequests } from '../requests.ts'
import { administratorOf, createAdministration, createKeyHolders } from './administration.ts'
import { createQuestions } from './questions.ts'
import { countingIn } from './rows.ts'
import type { Sample, Soak } from './sample.ts'
import { type SoakServer, startSoakServer } from './server-process.ts'
import { startTraffic } from './traffic.ts'

export type SoakOptions = {
  readonly store: Soak['store']
  readonly seconds: number
  /** Seconds of it that are not judged. */
  readonly warmUp: number
  /** Seconds between samples. */
  readonly every: number
  /** Hours of the server's time that are let pass at each sample, beside those seconds. */
  readonly hours: number
  /** Requests a second; by default a share of what the server can do, which is measured first. */
  readonly perSecond: number | undefined
  readonly share: number
}

const clients = 50
const keyHolderCount = 5
/** More than are in use at once, so that a request waits for no other; each is used every few seconds, or the server would close it. */
const connectionsFor = (perSecond: number): number => Math.min(128, Math.max(8, Math.round(perSecond / 10)))

/** What the server can do of tokens by a secret, in requests a second. */
const measureCapacity = async ({ target }: SoakServer): Promise<number> => {
  const load = startLoadProcess()
  try {
    const name = 'capacity'
    const requests = tokenRequests(target, 'es256')
    await load.prepare({ name, port: target.port, requests, expect: '"access_token":"' })
    await load.run({ name, concurrency: 32, seconds: 2 })
    const { requests: answered, seconds } = await load.run({ name, concurrency: 32, seconds: 3 })
    return answered / seconds
  } finally {
    await load.stop()
  }
}

/**
 * Runs a server under a mixture of requests, and looks at it again and again. Its time goes faster than ours, so that what is
 * issued, used and revoked at the beginning is over and forgotten before the end.
 * @throws when the server ends, loses a connection or stops answering
 */
export const runSoak = async (options: SoakOptions, progress: (sample: Sample) => void): Promise<Soak> => {
  const data = await seedMintmark(clients, undefined, undefined, options.store)
  const endings: (() => unknown)[] = [data.remove]
  try {
    const server = await startSoakServer(data)
    endings.push(server.stop)
    const keyHolders = await createKeyHolders(administratorOf(server), keyHolderCount)
    let ahead = 0
    const questions = createQuestions(server, keyHolders, () => Date.now() + ahead)
    const capacity = options.perSecond === undefined ? await measureCapacity(server) : undefined
    const perSecond = options.perSecond ?? Math.round((capacity ?? 0) * options.share)
    const traffic = await startTraffic({
      port: server.target.port,
      connections: connectionsFor(perSecond),
      perSecond,
      ask: questions.next,
    })
    endings.push(traffic.close)
    const counting = countingIn(data)
    endings.push(counting.close)
    const administration = createAdministration(server)
    endings.push(administration.pause)

    const samples: Sample[] = []
    const began = performance.now()
    const secondsPassed = (): number => (performance.now() - began) / 1000
    let forgetting: Sample['forgetting'] = { milliseconds: 0, slowestMillis: 0 }
    traffic.go()
    administration.go()
    for (let turn = 1; secondsPassed() < options.seconds; turn += 1) {
      await pause(Math.max(0, turn * options.every - secondsPassed()) * 1000)
      // No answer is of another hour than its question.
      await Promise.all([traffic.pause(), administration.pause()])
      const lap = traffic.lap()
      const sample: Sample = {
        seconds: secondsPassed(),
        descriptors: server.descriptors(),
        ...(await server.memory()),
        ...(await counting.count()),
        traffic: lap,
        slowestMillis: traffic.slowest(),
        forgetting,
      }
      samples.push(sample)
      progress(sample)
      ahead = await server.pass(options.hours * 3_600_000)
      questions.forget()
      traffic.go()
      administration.go()
      const milliseconds = await server.forget()
      forgetting = { milliseconds, slowestMillis: traffic.slowest() }
    }
    await Promise.all([traffic.pause(), administration.pause()])
    return {
      store: options.store,
      perSecond,
      capacity,
      warmUp: options.warmUp,
      samples,
      asked: questions.asked,
      changes: administration.changes(),
      administrationFailures: administration.failures,
    }
  } finally {
    for (const end of endings.toReversed()) await end()
  }
}
