import { percentile } from '../statistics.ts'
import { type Connection, openConnection } from './connection.ts'
import type { OpenLoopResult, OpenLoopRun, Prepare } from './messages.ts'
import { growingFloats, randomIndices } from './run-load.ts'

/** After the last request of a run, how long its answers are waited for, in milliseconds. */
const patienceAtEnd = 5000

/**
 * Sends requests at a rate of its own, whether or not those before them were answered, as callers do that know nothing of each
 * other. A connection carries one request at a time; a request that finds none free is given up, and counted.
 * `Retry-After` is not obeyed. Rejects when a connection is lost, or an answer is neither the expected one nor a 503.
 */
export const runOpenLoop = async (
  { port, requests, expect }: Prepare,
  { connections: count, perSecond, seconds }: OpenLoopRun,
): Promise<OpenLoopResult> => {
  const okMillis = growingFloats()
  const refusedMillis = growingFloats()
  const nextIndex = randomIndices(requests.length)
  const all: Connection[] = []
  const free: { readonly send: (now: number) => void }[] = []
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => {})
  let offered = 0
  let inFlight = 0
  let withoutRetryAfter = 0

  const open = async (): Promise<void> => {
    let sentAt = 0
    const connection = await openConnection(
      port,
      (answer) => {
        const taken = performance.now() - sentAt
        if (answer.startsWith('HTTP/1.1 200') && answer.includes(expect)) okMillis.push(taken)
        else if (answer.startsWith('HTTP/1.1 503')) {
          refusedMillis.push(taken)
          if (!/\r\nretry-after: *\d+\r\n/i.test(answer)) withoutRetryAfter += 1
        } else failed.reject(new Error(`neither a token nor a 503:\n${answer.slice(0, 600)}`))
        inFlight -= 1
        free.push(place)
      },
      failed.reject,
    )
    const place = {
      send: (now: number) => {
        sentAt = now
        inFlight += 1
        connection.send(requests[nextIndex()] as string)
      },
    }
    all.push(connection)
    free.push(place)
  }

  const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))
  const drive = async (): Promise<void> => {
    const start = performance.now()
    for (let now = start; now - start < seconds * 1000; now = performance.now()) {
      const due = Math.floor(((now - start) * perSecond) / 1000)
      while (offered < due) {
        offered += 1
        const place = free.pop()
        if (place === undefined) {
          offered = due
          break
        }
        place.send(now)
      }
      await pause(1)
    }
    const end = performance.now() + patienceAtEnd
    while (inFlight > 0 && performance.now() < end) await pause(5)
  }
  try {
    for (let opened = 0; opened < count; opened += 100) {
      await Promise.all(Array.from({ length: Math.min(100, count - opened) }, open))
    }
    await Promise.race([drive(), failed.promise])
  } finally {
    for (const connection of all) connection.close()
  }
  const ok = okMillis.values().sort()
  const refused = refusedMillis.values().sort()
  return {
    offered,
    answered: ok.length,
    refused: refused.length,
    unanswered: inFlight,
    withoutRetryAfter,
    okP50Millis: percentile(ok, 0.5),
    okP99Millis: percentile(ok, 0.99),
    refusedP50Millis: percentile(refused, 0.5),
    refusedP99Millis: percentile(refused, 0.99),
  }
}
