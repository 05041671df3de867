import { StoreOpenError, StoreUnavailableError } from '../store.ts'
import type { CopiedTable, CopyEnd, Key } from './copy-end.ts'
import { identityOf, readCopyMark, writeCopyMark } from './marks.ts'
import { isSame, synchronize } from './synchronize.ts'

/** Called with the rows done and the rows in all. */
export type Progress = (done: number, total: number) => void

/** The one table that only grows at its end: what was copied of it need not be looked at again before it is verified. */
const logName = 'audit_event'

const notable = (tables: readonly CopiedTable[]): string => JSON.stringify(tables)

/** A copy between two databases that can go on at any point. */
export type StoreCopy = {
  readonly identity: string
  /** Carries over what is not in the target yet, and takes away what is not in the source any more. */
  readonly round: (progress?: Progress) => Promise<{ readonly rows: number; readonly changed: number }>
  /**
   * Compares every table by count and digest; of the log, after what was compared before. What differs is carried over
   * once more where it can be explained (old audit events that the source forgot meanwhile).
   * @throws StoreUnavailableError naming the table that differs
   */
  readonly verify: (progress?: Progress) => Promise<void>
  /** Compares the log as far as it is, while the source may be in use, so that it need not be done later. */
  readonly verifyLog: (progress?: Progress) => Promise<void>
  /** From now on the target is a store of its own. */
  readonly complete: () => Promise<void>
  /** Rows of each table of the source. */
  readonly counts: () => Promise<Readonly<Record<string, number>>>
}

const assertEmpty = async (target: CopyEnd, tables: readonly CopiedTable[]): Promise<void> => {
  for (const table of tables) {
    if ((await target.page(table, undefined, undefined, 1)).length > 0) {
      throw new StoreOpenError(
        `${target.place} holds a Mintmark already (nothing was changed): give a database that is empty`,
      )
    }
  }
}

/**
 * Begins a copy, or goes on with one.
 * @throws StoreOpenError when the source has no content, or the target holds anything but a part of it
 */
export const createStoreCopy = async (source: CopyEnd, target: CopyEnd): Promise<StoreCopy> => {
  const tables = await source.tables()
  if (notable(tables) !== notable(await target.tables())) {
    throw new StoreOpenError(
      `${source.place} and ${target.place} have different tables: one of them is not of this version`,
    )
  }
  if ((await readCopyMark(source))?.state === 'copying') {
    throw new StoreOpenError(`${source.place} is itself a copy that is not whole yet`)
  }
  const identity = await identityOf(source)
  if (identity === undefined) throw new StoreOpenError(`${source.place} holds nothing to copy`)
  const mark = await readCopyMark(target)
  if (mark === undefined || mark.state === 'whole') {
    await assertEmpty(target, tables)
    await writeCopyMark(target, { of: identity, state: 'copying' })
  } else if (mark.of !== identity) {
    throw new StoreOpenError(`${target.place} is a half-done copy of another store (nothing was changed)`)
  }

  /** Up to here the log is known to be the same on both sides. */
  let verified: Key | undefined
  const log = tables.find(({ name }) => name === logName)

  const counts = async (): Promise<Record<string, number>> => {
    const found: Record<string, number> = {}
    for (const table of tables) found[table.name] = await source.count(table)
    return found
  }

  const counting = async (progress: Progress | undefined): Promise<(rows: number) => void> => {
    if (progress === undefined) return () => {}
    const total = Object.values(await counts()).reduce((sum, count) => sum + count, 0)
    let done = 0
    return (rows) => {
      done += rows
      progress(Math.min(done, total), total)
    }
  }

  const differs = (table: CopiedTable): never => {
    throw new StoreUnavailableError(`the copy differs from ${source.place} in the table ${table.name}: run it again`)
  }

  const verifyLog = async (advanced: (rows: number) => void): Promise<void> => {
    if (log === undefined) return
    const end = await target.lastKey(log)
    if (end === undefined) return
    if (!(await isSame(source, target, log, verified, end))) {
      await synchronize(source, target, log, undefined, advanced)
      if (!(await isSame(source, target, log, undefined, end))) differs(log)
    }
    verified = end
  }

  return {
    identity,
    counts,
    round: async (progress) => {
      const counted = await counting(progress)
      let rows = 0
      const advanced = (more: number): void => {
        rows += more
        counted(more)
      }
      let changed = 0
      for (const table of tables) {
        const after = table === log ? await target.lastKey(table) : undefined
        if (after !== undefined) advanced(await target.count(table))
        changed += await synchronize(source, target, table, after, advanced)
      }
      return { rows, changed }
    },
    verifyLog: async (progress) => verifyLog(await counting(progress)),
    verify: async (progress) => {
      const advanced = await counting(progress)
      for (const table of tables) {
        const rows = await source.count(table)
        if (table === log) {
          if (rows !== (await target.count(table))) verified = undefined
          await verifyLog(() => {})
          if (rows !== (await target.count(table))) differs(table)
        } else if (!(await isSame(source, target, table))) differs(table)
        advanced(rows)
      }
    },
    complete: async () => {
      const last = log && (await target.lastKey(log))
      await target.continueAuditAfter(Math.max(await source.auditSequence(), Number(last?.[0] ?? 0)))
      await writeCopyMark(target, { of: identity, state: 'whole' })
    },
  }
}

/**
 * Copies a store that nobody changes meanwhile, or as one snapshot of it; goes on with such a copy that was broken off.
 * @throws StoreOpenError, StoreUnavailableError
 */
export const copyStore = async (source: CopyEnd, target: CopyEnd, progress?: Progress): Promise<void> => {
  const copy = await createStoreCopy(source, target)
  await copy.round(progress)
  await copy.verify()
  await copy.complete()
}
