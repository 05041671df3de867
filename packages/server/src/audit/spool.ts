import type { SpoolFile } from '../store/spool/spool-file.ts'
import { type AuditRow, type AuditStore, type StoreContact, StoreUnavailableError } from '../store/store.ts'

/** What the spool holds, and what it did since the start. */
export type SpoolLoad = {
  readonly events: number
  readonly bytes: number
  /** Of the oldest event in it, in seconds; 0 when there is none. */
  readonly age: number
  readonly spooled: number
  readonly delivered: number
  readonly refused: number
}

/** Events of workspaces that go on while the store takes none: kept on the disk of this node, delivered when it does again. */
export type AuditSpool = {
  /**
   * Durable when it resolves, in the store or on the disk.
   * @param asOf as of when what was decided by is known to be true, in milliseconds of the clock that never jumps
   * @param share how much of the room such events may take, from 0 to 1
   * @throws StoreUnavailableError when neither takes it, or what was decided by is too old
   */
  readonly append: (row: AuditRow, asOf: () => number, share: number) => Promise<void>
  /** Whether it would take a further event, as far as is known. */
  readonly takes: () => boolean
  readonly load: () => SpoolLoad
  /** Tries once more to deliver what is left, and ends. */
  readonly close: () => Promise<void>
}

/** How often it is tried to deliver, in milliseconds. */
const deliveryInterval = 1000
/** Events in one transaction: well within the time a statement may take. */
const deliveryBatch = 500

/**
 * Events go to the store as long as it takes them. From the first one that it did not take, all go to the disk, until everything
 * there was delivered: so they keep their order. The one that failed is not spooled: it may have been stored after all, and
 * would be there twice; whoever asks again is answered.
 * @param open opens the file on first need
 * @param left the file, when a process before left one, and the number of the event that is to be delivered next
 * @param limit how old what is decided by may be, in milliseconds
 */
export const createAuditSpool = ({
  audit,
  contact,
  open,
  left,
  room,
  limit,
  now,
  elapsed,
  onTrouble,
  onChange,
}: {
  readonly audit: Pick<AuditStore, 'append' | 'deliver'>
  readonly contact: () => StoreContact
  readonly open: () => SpoolFile
  readonly left: { readonly file: SpoolFile; readonly next: number } | undefined
  /** Bytes. */
  readonly room: number
  readonly limit: number
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly elapsed: () => number
  readonly onTrouble: (error: unknown) => void
  /** Told when events begin to go to the disk, and when all were delivered. */
  readonly onChange: (state: 'spooling' | 'delivered', events: number) => void
}): AuditSpool => {
  let file = left?.file
  /** The number of the event that is delivered next. */
  let next = left?.next ?? 0
  let spooling = left !== undefined
  let appending = 0
  let spooled = 0
  let delivered = 0
  let refused = 0
  let delivering: Promise<void> | undefined
  let closed = false
  /** Whether the last event was not taken. */
  let failing = false

  const begin = (): void => {
    if (spooling) return
    spooling = true
    onChange('spooling', 0)
  }

  const spool = async (row: AuditRow, share: number): Promise<void> => {
    appending += 1
    try {
      file ??= open()
      if (file.bytes() > room * share) throw new StoreUnavailableError('the spool has no more room for such events')
      await file.append(row)
      spooled += 1
      failing = false
    } catch (error) {
      refused += 1
      failing = true
      throw error
    } finally {
      appending -= 1
    }
  }

  const deliverSome = async (from: SpoolFile): Promise<boolean> => {
    const rows = from.read(next, deliveryBatch)
    if (rows.length === 0) return false
    const until = await audit.deliver(from.id(), next, rows)
    delivered += Math.max(0, Math.min(until, next + rows.length) - next)
    next = until
    return true
  }

  /** Goes on with the store when nothing is left, and nothing is on its way to the disk. */
  const finish = (): void => {
    if (appending > 0 || (file !== undefined && next < file.end()) || contact().unreachable) return
    if (file !== undefined && file.end() > file.first()) file.clear()
    next = 0
    spooling = false
    onChange('delivered', delivered)
  }

  const deliver = async (): Promise<void> => {
    if (!spooling) return
    try {
      if (file !== undefined) while (await deliverSome(file));
      finish()
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) onTrouble(error)
    }
  }

  const deliverNow = (): Promise<void> => {
    delivering ??= deliver().finally(() => {
      delivering = undefined
    })
    return delivering
  }

  const timer = setInterval(() => void deliverNow(), deliveryInterval)
  timer.unref()
  if (left !== undefined) void deliverNow()

  return {
    append: async (row, asOf, share) => {
      if (contact().unreachable) begin()
      if (!spooling) {
        try {
          await audit.append(row)
          return
        } catch (error) {
          if (error instanceof StoreUnavailableError) begin()
          throw error
        }
      }
      if (closed) throw new StoreUnavailableError('the spool is closed')
      if (elapsed() - asOf() > limit) {
        refused += 1
        throw new StoreUnavailableError(`the store is away for longer than ${limit / 1000} s`)
      }
      await spool(row, share)
    },
    takes: () => !failing && (file?.bytes() ?? 0) < room,
    load: () => {
      const [oldest] = file?.read(next, 1) ?? []
      return {
        events: file === undefined ? 0 : file.end() - next,
        bytes: file?.bytes() ?? 0,
        age: oldest === undefined ? 0 : Math.max(0, (now() - oldest.time) / 1000),
        spooled,
        delivered,
        refused,
      }
    },
    close: async () => {
      clearInterval(timer)
      await deliverNow()
      closed = true
      await file?.close()
    },
  }
}
