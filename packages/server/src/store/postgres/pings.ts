import { encodePing } from './news.ts'

/** How long a ping may take to come back, in milliseconds. */
export const pingPatience = 1500

/** A message of a node to itself: by its coming back it is known that what was committed before it has come. */
export type SentPing = {
  readonly payload: string
  /** When it was made, in milliseconds that never jump. */
  readonly at: number
  /** Whether it came back in time; never rejects. */
  readonly back: Promise<boolean>
}

export type Pings = {
  /** One that is sent at once. */
  readonly next: () => SentPing
  /** Takes what came. @returns whether it was one of them */
  readonly hear: (payload: string) => boolean
  /** None of those that are on their way counts any more. */
  readonly forget: () => void
}

/**
 * @param node a name that no other node has
 * @param elapsed milliseconds that never jump
 * @param ahead what each tells other nodes: by how much the clock of this one is ahead of the database's, if that is known
 */
export const createPings = (
  node: string,
  elapsed: () => number,
  ahead: () => number | undefined = () => undefined,
): Pings => {
  let number = 0
  const sent = new Map<string, (back: boolean) => void>()
  return {
    next: () => {
      number += 1
      const payload = encodePing({ node, ping: number, ahead: ahead() })
      const { promise: back, resolve } = Promise.withResolvers<boolean>()
      const timer = setTimeout(() => sent.get(payload)?.(false), pingPatience)
      sent.set(payload, (came) => {
        clearTimeout(timer)
        sent.delete(payload)
        resolve(came)
      })
      return { payload, at: elapsed(), back }
    },
    hear: (payload) => {
      const heard = sent.get(payload)
      heard?.(true)
      return heard !== undefined
    },
    forget: () => {
      for (const settle of [...sent.values()]) settle(false)
    },
  }
}
