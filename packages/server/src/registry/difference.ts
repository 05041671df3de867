import type { Difference } from '@mintmark/protocol/admin'
import type { Body, Transition } from './kinds/kind.ts'
import { kindNamed } from './kinds.ts'

const equal = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

const actionOf = (before: Body | undefined, after: Body | undefined): Difference['action'] => {
  if (before === undefined) return 'created'
  return after === undefined ? 'deleted' : 'updated'
}

/**
 * What a change did, member by member, defaults filled in; undefined when it did nothing. Neither secrets nor their hashes
 * are in it.
 */
export const differenceOf = ({ place, before, after }: Transition): Difference | undefined => {
  const { describe } = kindNamed(place.kind)
  if (before === undefined && after === undefined) return undefined
  const old: Body = before === undefined ? {} : describe(place.id, before)
  const now: Body = after === undefined ? {} : describe(place.id, after)
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])]
  const members = names
    .filter((name) => !equal(old[name], now[name]))
    .map((name) => ({
      name,
      ...(old[name] === undefined ? {} : { before: old[name] }),
      ...(now[name] === undefined ? {} : { after: now[name] }),
    }))
  if (members.length === 0 && before !== undefined && after !== undefined) return undefined
  return {
    action: actionOf(before, after),
    kind: place.kind,
    id: place.id,
    ...(place.parent === '' ? {} : { parent: place.parent }),
    members,
  }
}
