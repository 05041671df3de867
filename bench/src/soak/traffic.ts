import { openConnection } from '../load/connection.ts'
import { growingFloats } from '../load/run-load.ts'
import { percentile } from '../statistics.ts'

/** One request, and what its answer must be. */
export type Question = {
  readonly request: string
  /** In the body of the 200 that is expected. */
  readonly expect: string
  readonly heard?: (answer: string) => void
}

/** What became of the requests since the last look. */
export type Lap = {
  readonly answered: number
  /** Not as expected. */
  readonly failures: number
  readonly firstFailure: string | undefined
  /** Found no free connection at their time and were sent later or never. */
  readonly late: number
  readonly seconds: number
  readonly p50Millis: number
  readonly p99Millis: number
}

export type Traffic = {
  /** Goes on until it is paused. */
  readonly go: () => void
  /** Sends nothing more, and resolves when everything that was sent is answered. */
  readonly pause: () => Promise<void>
  /** What came since the last call. */
  readonly lap: () => Lap
  /** Milliseconds that the slowest answer since the last call of this took. */
  readonly slowest: () => number
  readonly close: () => void
}

/** Milliseconds between looks at what is due. */
const tick = 2

/**
 * Sends requests at a steady pace over connections that stay open, whatever becomes of those before, up to one in flight on each.
 * @param ask the next request
 */
export const startTraffic = async ({
  port,
  connections,
  perSecond,
  ask,
}: {
  readonly port: number
  readonly connections: number
  readonly perSecond: number
  readonly ask: () => Question
}): Promise<Traffic> => {
  type Line = { readonly send: (question: Question) => void; readonly close: () => void }
  const free: Line[] = []
  const all: Line[] = []
  let inFlight = 0
  let latencies = growingFloats()
  let failures = 0
  let firstFailure: string | undefined
  let late = 0
  let slowest = 0
  let lapBegan = performance.now()
  let lost: Error | undefined
  let idle = (): void => {}

  const note = (answer: string): void => {
    failures += 1
    firstFailure ??= answer.slice(0, 600)
  }

  const open = async (): Promise<void> => {
    let sentAt = 0
    let asked: Question | undefined
    const connection = await openConnection(
      port,
      (answer) => {
        const took = performance.now() - sentAt
        latencies.push(took)
        if (took > slowest) slowest = took
        if (!answer.startsWith('HTTP/1.1 200') || !answer.includes(asked?.expect ?? '')) note(answer)
        else asked?.heard?.(answer)
        inFlight -= 1
        free.push(line)
        if (inFlight === 0) idle()
      },
      (error) => {
        lost ??= error
        idle()
      },
    )
    const line: Line = {
      send: (question) => {
        asked = question
        sentAt = performance.now()
        inFlight += 1
        connection.send(question.request)
      },
      close: connection.close,
    }
    free.push(line)
    all.push(line)
  }
  await Promise.all(Array.from({ length: connections }, open))

  let timer: NodeJS.Timeout | undefined
  return {
    go: () => {
      if (lost !== undefined) throw lost
      let began = performance.now()
      let sent = 0
      timer = setInterval(() => {
        const now = performance.now()
        // What a stall of this process kept back is not sent all at once.
        if (now - began > 250 + (sent / perSecond) * 1000) {
          late += Math.floor(((now - began) * perSecond) / 1000) - sent
          began = now
          sent = 0
        }
        const due = Math.floor(((now - began) * perSecond) / 1000)
        for (; sent < due; sent += 1) {
          // In turn: the server closes a connection that is not used for long.
          const line = free.shift()
          if (line === undefined) break
          line.send(ask())
        }
      }, tick)
    },
    pause: async () => {
      clearInterval(timer)
      if (inFlight > 0 && lost === undefined) {
        await new Promise<void>((resolve) => {
          idle = resolve
        })
        idle = () => {}
      }
      if (lost !== undefined) throw lost
    },
    lap: () => {
      const sorted = latencies.values().sort()
      const now = performance.now()
      const found: Lap = {
        answered: sorted.length,
        failures,
        firstFailure,
        late,
        seconds: (now - lapBegan) / 1000,
        p50Millis: percentile(sorted, 0.5),
        p99Millis: percentile(sorted, 0.99),
      }
      latencies = growingFloats()
      failures = 0
      firstFailure = undefined
      late = 0
      lapBegan = now
      return found
    },
    slowest: () => {
      const found = slowest
      slowest = 0
      return found
    },
    close: () => {
      clearInterval(timer)
      for (const line of all) line.close()
    },
  }
}
