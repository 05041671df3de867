import { StoreOpenError } from '../store.ts'
import type { CopyEnd } from './copy-end.ts'
import { createStoreCopy, type Progress } from './copy-store.ts'
import { identityOf, readCopyMark, readMovedMark, writeMovedMark } from './marks.ts'

export type MoveReport = {
  /** `ahead`: the source is in use and goes on; `already`: it was moved before. */
  readonly outcome: 'moved' | 'ahead' | 'already'
  /** Rows of each table. */
  readonly rows: Readonly<Record<string, number>>
}

/** What a move tells whoever waits for it. */
export type MoveStep = 'copying' | 'comparing' | 'waiting' | 'finishing'

/** How long to wait before the source is looked at again, in milliseconds, and before what it wrote is carried over. */
const pauseBetweenLooks = 250
const pauseBetweenRounds = 2000
/** A round takes at most this part of the time, so that the server is left alone with its disk. */
const shareOfRounds = 5

/**
 * Moves a store to another database. While a server uses the source it is copied, and what changes is carried over again and
 * again; when the server has stopped, the rest is, everything is compared, and the source is marked so that nobody starts it.
 * May be interrupted at any moment and run again.
 * @param ahead end when everything is copied though the source is in use
 * @throws StoreOpenError, StoreUnavailableError
 */
export const moveStore = async (
  source: CopyEnd,
  target: CopyEnd,
  {
    ahead,
    now,
    elapsed,
    pause,
    tell,
  }: {
    readonly ahead: boolean
    readonly now: () => Date
    readonly elapsed: () => number
    readonly pause: (milliseconds: number) => Promise<void>
    readonly tell: (step: MoveStep) => Progress
  },
): Promise<MoveReport> => {
  const moved = await readMovedMark(source)
  const there = await readCopyMark(target)
  if (moved !== undefined) {
    const same = there !== undefined && there.of === moved.of && moved.of === (await identityOf(source))
    if (!same) throw new StoreOpenError(`${source.place} was moved to ${moved.to} already (${moved.time})`)
    if (there.state === 'whole') return { outcome: 'already', rows: {} }
  }
  const copy = await createStoreCopy(source, target)

  /** Nobody uses the source, and nobody can start it any more. */
  const take = async (): Promise<boolean> => {
    if (!(await source.claim())) return false
    const others = await readMovedMark(source)
    if (others !== undefined && others.to !== target.place) {
      throw new StoreOpenError(`${source.place} was moved to ${others.to} meanwhile (${others.time})`)
    }
    await writeMovedMark(source, { of: copy.identity, to: target.place, time: now().toISOString() })
    // Where nothing else keeps others out, somebody may have come before the mark was there.
    if (await source.claim()) return true
    await writeMovedMark(source, undefined)
    return false
  }

  const round = async (step: MoveStep): Promise<number> => {
    const began = elapsed()
    await copy.round(tell(step))
    return elapsed() - began
  }

  let took = await round('copying')
  await copy.verifyLog(tell('comparing'))
  let mine = !ahead && (await take())
  if (ahead) return { outcome: 'ahead', rows: await copy.counts() }
  for (let since = elapsed(); !mine; mine = await take()) {
    tell('waiting')
    await pause(pauseBetweenLooks)
    if (elapsed() - since < Math.max(pauseBetweenRounds, took * shareOfRounds)) continue
    took = await round('waiting')
    since = elapsed()
  }
  await round('finishing')
  await copy.verify(tell('finishing'))
  await copy.complete()
  return { outcome: 'moved', rows: await copy.counts() }
}

/** Lets a database that was moved be used again. @returns where it had been moved to; undefined when it was not */
export const reopenStore = async (source: CopyEnd): Promise<string | undefined> => {
  const moved = await readMovedMark(source)
  if (moved === undefined) return undefined
  if (!(await source.claim())) throw new StoreOpenError(`${source.place} is in use`)
  await writeMovedMark(source, undefined)
  return moved.to
}
