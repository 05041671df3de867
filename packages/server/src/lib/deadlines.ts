import type { HttpResponse } from './message.ts'
import { createUnderWay } from './under-way.ts'

/** When an answer is due, in the milliseconds of `elapsed`; asked again and again, so that it may be put off. */
export type Term = { readonly due: number }

/** What became of answers of one kind that were not ready in time. */
export type LateLoad = {
  /** Requests whose caller was told that it takes too long. */
  readonly late: number
  /** Those of them that are still worked on. */
  readonly abandoned: number
  /** Those of them that were done after all, without their caller knowing. */
  readonly done: number
}

/** No caller waits beyond a time, whatever the work takes. */
export type Deadlines = {
  /**
   * What comes of `work`, or what `late` makes when it is due before. The work is not stopped then: what it has sent to a
   * store may be done already. It goes on to its end, its answer is dropped, and it is counted.
   */
  readonly keep: <T extends HttpResponse | undefined>(
    kind: string,
    work: Promise<T>,
    term: Term,
    late: () => T,
  ) => Promise<T>
  /** By kind; only kinds that were late. */
  readonly loads: () => ReadonlyMap<string, LateLoad>
}

/** How long callers are kept waiting, and what they are told then. */
export type AnswerTimes = {
  /** Milliseconds from the arrival of a request to its answer. */
  readonly endpoints: number
  /** The same for the admin API. */
  readonly administration: number
}

/** How often late answers are looked for, in milliseconds: so much later than due one may be. */
const lookInterval = 50

type Entry = { readonly kind: string; readonly term: Term; readonly tellLate: () => void }

/**
 * One timer for all answers that are due, since most are ready long before: a timer for each would cost more than it brings.
 * @param elapsed milliseconds that never jump
 * @param later runs an action so many milliseconds later
 */
export const createDeadlines = ({
  elapsed,
  later = (action, milliseconds) => void setTimeout(action, milliseconds),
}: {
  readonly elapsed: () => number
  readonly later?: (action: () => void, milliseconds: number) => void
}): Deadlines => {
  const entries = createUnderWay<Entry>()
  const loads = new Map<string, { late: number; abandoned: number; done: number }>()
  let looking = false

  const loadOf = (kind: string) => {
    const load = loads.get(kind) ?? { late: 0, abandoned: 0, done: 0 }
    loads.set(kind, load)
    return load
  }

  const look = (): void => {
    const now = elapsed()
    for (const entry of entries.all().filter(({ term }) => now >= term.due)) {
      entries.end(entry)
      const load = loadOf(entry.kind)
      load.late += 1
      load.abandoned += 1
      entry.tellLate()
    }
    looking = entries.all().length > 0
    if (looking) later(look, lookInterval)
  }

  return {
    keep: (kind, work, term, late) =>
      new Promise((resolve, reject) => {
        const entry: Entry = { kind, term, tellLate: () => resolve(late()) }
        entries.begin(entry)
        if (!looking) {
          looking = true
          later(look, lookInterval)
        }
        const ended = (answer?: HttpResponse | undefined): void => {
          const load = loadOf(kind)
          load.abandoned -= 1
          if (answer !== undefined && answer.status < 400) load.done += 1
        }
        work.then(
          (answer) => (entries.end(entry) ? resolve(answer) : ended(answer)),
          (error) => (entries.end(entry) ? reject(error) : ended()),
        )
      }),
    loads: () => loads,
  }
}
