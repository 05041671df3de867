import { createHmac } from 'node:crypto'
import { equalInConstantTime } from '../lib/digest.ts'
import { AdminProblem } from './admin-problem.ts'

/** Places in lists, as callers carry them: authenticated, so that only what we wrote comes back. */
export type Cursors = {
  /** @param list what the place belongs to: another list, filter or workspace refuses it */
  readonly write: (list: string, place: string) => string
  /** @throws AdminProblem `invalid-cursor` */
  readonly read: (list: string, cursor: string) => string
}

const tagLength = 16

/** @param key the master key: a cursor stays good over restarts and on every node */
export const createCursors = (key: Uint8Array): Cursors => {
  const own = createHmac('sha256', key).update('mintmark cursor').digest()
  const tag = (list: string, place: string): Buffer =>
    createHmac('sha256', own)
      .update(JSON.stringify([list, place]))
      .digest()
      .subarray(0, tagLength)
  return {
    write: (list, place) => Buffer.concat([tag(list, place), Buffer.from(place)]).toString('base64url'),
    read: (list, cursor) => {
      const bytes = Buffer.from(cursor, 'base64url')
      const place = bytes.subarray(tagLength).toString()
      const ours =
        bytes.toString('base64url') === cursor && equalInConstantTime(bytes.subarray(0, tagLength), tag(list, place))
      if (ours) return place
      throw new AdminProblem('invalid-cursor', 'The cursor is not the `next` of this list.', { check: 'cursor' })
    },
  }
}

export type PageQuery = { readonly limit?: number; readonly after?: string }

export const defaultPageSize = 100
export const maximumPageSize = 500

/** Makes a page from one item more than it may hold. */
export const pageOf = <T, V>(
  items: readonly T[],
  limit: number,
  view: (item: T) => V,
  cursorOf: (last: T) => string,
): { items: V[]; next?: string } => {
  const shown = items.slice(0, limit)
  const last = shown.at(-1)
  const more = items.length > limit && last !== undefined
  return { items: shown.map(view), ...(more ? { next: cursorOf(last) } : {}) }
}
