import { type Connection, openConnection } from '../load/connection.ts'
import { percentile } from '../statistics.ts'

/** What became of callers that obey `Retry-After`, in milliseconds. */
export type PoliteTimes = { readonly answered: number; readonly refused: number; readonly refusedP99Millis: number }

/** Callers besides those that make the load. */
const callers = 20

/**
 * A few callers that do as they are told: after a token they pause for a tenth of a second, and after a refusal for as long as it says.
 * Stopping them throws when a connection was lost.
 */
export const startPolite = async (
  port: number,
  requests: readonly string[],
): Promise<{ readonly stop: () => PoliteTimes }> => {
  const refused: number[] = []
  const connections: Connection[] = []
  let answered = 0
  let stopped = false
  let lost: Error | undefined
  for (let each = 0; each < callers; each += 1) {
    let sentAt = 0
    const send = (): void => {
      if (stopped) return
      sentAt = performance.now()
      connection.send(requests[each % requests.length] ?? '')
    }
    const connection = await openConnection(
      port,
      (answer) => {
        const seconds = /\r\nretry-after: *(\d+)\r\n/i.exec(answer)?.[1]
        if (seconds === undefined) answered += 1
        else refused.push(performance.now() - sentAt)
        setTimeout(send, seconds === undefined ? 100 : Number(seconds) * 1000)
      },
      (error) => {
        if (!stopped) lost = error
      },
    )
    connections.push(connection)
    send()
  }
  return {
    stop: () => {
      stopped = true
      for (const connection of connections) connection.close()
      if (lost !== undefined) throw lost
      const sorted = Float64Array.from(refused).sort()
      return { answered, refused: refused.length, refusedP99Millis: percentile(sorted, 0.99) }
    },
  }
}
