import { percentile } from '../statistics.ts'
import { type Connection, openConnection } from './connection.ts'
import type { LoadResult, Prepare, Run } from './messages.ts'

/** Nothing answered for this long ends a run with an error: no run waits for ever. */
const stallMillis = 10_000

/** So many wrong answers end a run early: it says no more than one does. */
const tooMany = 100

/** Drives `concurrency` connections until the run's limit; a lost connection is a failure and ends the run with an error. */
export const runLoad = async ({ port, requests, expect }: Prepare, run: Run): Promise<LoadResult> => {
  const { concurrency, seconds = Number.POSITIVE_INFINITY, count = Number.POSITIVE_INFINITY } = run
  if (requests.length === 0) throw new Error('no requests to send')
  const latencies = growingFloats()
  const nextIndex = run.inOrder ? orderedIndices(requests.length) : randomIndices(requests.length)
  const connections: Connection[] = []
  const done = Promise.withResolvers<void>()
  let sent = 0
  let active = 0
  let failures = 0
  let firstFailure: string | undefined
  let start = 0
  let deadline = 0
  let lastAnswer = 0

  const open = async (): Promise<{ begin: () => void }> => {
    let sentAt = 0
    const connection = await openConnection(
      port,
      (answer) => {
        lastAnswer = performance.now()
        latencies.push(lastAnswer - sentAt)
        if (!answer.startsWith('HTTP/1.1 200') || !answer.includes(expect)) {
          failures += 1
          firstFailure ??= answer.slice(0, 600)
          if (failures >= tooMany) deadline = 0
        }
        active -= 1
        next()
      },
      (error) => done.reject(error),
    )
    connections.push(connection)
    const next = (): void => {
      const now = performance.now()
      if (now < deadline && sent < count) {
        sent += 1
        active += 1
        sentAt = now
        connection.send(requests[nextIndex()] as string)
      } else if (active === 0) {
        done.resolve()
      }
    }
    return { begin: next }
  }

  const stall = setInterval(() => {
    if (performance.now() - lastAnswer > stallMillis) done.reject(new Error(`no answer for ${stallMillis} ms`))
  }, 1000)
  try {
    const opened = await Promise.all(Array.from({ length: concurrency }, open))
    start = performance.now()
    lastAnswer = start
    deadline = start + seconds * 1000
    for (const { begin } of opened) begin()
    await done.promise
  } finally {
    clearInterval(stall)
    for (const connection of connections) connection.close()
  }
  const sorted = latencies.values().sort()
  return {
    requests: sorted.length,
    failures,
    ...(firstFailure === undefined ? {} : { firstFailure }),
    seconds: (lastAnswer - start) / 1000,
    p50Millis: percentile(sorted, 0.5),
    p99Millis: percentile(sorted, 0.99),
  }
}

const orderedIndices = (length: number): (() => number) => {
  let index = 0
  return () => index++ % length
}

/** Uniform indices below `length` from xorshift32: which request is sent next must cost nothing. */
export const randomIndices = (length: number): (() => number) => {
  let state = 0x9e3779b9 ^ Date.now() || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % length
  }
}

/** Millions of numbers without an object each. */
export const growingFloats = () => {
  let floats = new Float64Array(1 << 16)
  let length = 0
  return {
    push: (value: number): void => {
      if (length === floats.length) {
        const larger = new Float64Array(length * 2)
        larger.set(floats)
        floats = larger
      }
      floats[length++] = value
    },
    values: (): Float64Array => floats.slice(0, length),
  }
}
