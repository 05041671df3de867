import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { until } from '../../packages/server/test/until.ts'
import { type Answer, type Journal, percentile, type Question } from './journal.ts'

/** The answers to what was asked between two times. */
export const answersBetween = (
  { answers }: Journal,
  from: number,
  to: number,
  questions: readonly Question[] = ['token', 'introspect', 'revoke'],
): readonly Answer[] => answers.filter(({ at, question }) => at >= from && at < to && questions.includes(question))

/** How many answers of each status, in a few words. */
export const tally = (answers: readonly Answer[]): string => {
  const groups = Map.groupBy(answers, ({ question, status }) => `${question} ${status}`)
  return [...groups]
    .map(([name, each]) => `${name}: ${each.length}`)
    .sort()
    .join(', ')
}

export const slowest = (answers: readonly Answer[]): number =>
  Math.round(Math.max(0, ...answers.map(({ took }) => took)))

export const p99 = (answers: readonly Answer[]): number =>
  Math.round(
    percentile(
      answers.map(({ took }) => took),
      99,
    ),
  )

/** Whether an answer is what the client asked for: a disabled client's refusal is one. */
export const isGood = ({ status, error }: Answer): boolean =>
  status === 200 || (status === 401 && error === 'invalid_client')

/** Demands that there are none of these answers, and shows some where there are. */
export const assertNone = (answers: readonly Answer[], why: string): void => {
  const some = answers.slice(0, 5).map(({ at, ...answer }) => ({ ...answer, ago: Math.round(performance.now() - at) }))
  assert.equal(tally(answers), '', `${why}: ${JSON.stringify(some)}`)
}

/** Looks again and again, every so many milliseconds, for as long as that. */
export const throughout = async (milliseconds: number, look: () => unknown, every = 20): Promise<void> => {
  const ends = performance.now() + milliseconds
  while (performance.now() < ends) {
    await look()
    await pause(every)
  }
}

/** Waits until nothing but good answers came for a while. */
export const allGood = async (journal: Journal, milliseconds: number, patience: number): Promise<number> => {
  const began = performance.now()
  await until(
    `only good answers for ${milliseconds} ms`,
    () => {
      const now = performance.now()
      if (now - began < milliseconds) return false
      const recent = answersBetween(journal, now - milliseconds, now)
      return recent.length > 5 && recent.every(isGood)
    },
    patience + milliseconds,
  )
  return Math.round(performance.now() - began - milliseconds)
}

/** Lets traffic flow for a while and demands that all of it is answered well. */
export const quietTime = async (journal: Journal, milliseconds: number): Promise<void> => {
  const began = performance.now()
  await pause(milliseconds)
  const bad = answersBetween(journal, began, performance.now()).filter((answer) => !isGood(answer))
  assertNone(bad, 'every request is answered')
}
