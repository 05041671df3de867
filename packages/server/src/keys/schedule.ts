import { type KeyRecord, keyState } from '../domain/signing-key.ts'

/** How long a key spends in each state, in milliseconds. */
export type KeyTerms = {
  /** How long it signs. */
  readonly activeFor: number
  /** How long it is published before it signs: longer than any verifier keeps the key set. */
  readonly announcedFor: number
  /** How long it is published after it signed last: longer than any token lives. */
  readonly retiredFor: number
}

type Times = Pick<KeyRecord, 'kid' | 'activeFrom' | 'retiredFrom' | 'goneFrom' | 'compromisedAt'>

/** What is to be done to the keys of one workspace and algorithm, all of it at once. */
export type KeyPlan = {
  /** The successor to make, and from when it signs. */
  readonly announce: { readonly activeFrom: number } | undefined
  /** New times of keys there are. */
  readonly update: readonly Times[]
}

const nothing: KeyPlan = { announce: undefined, update: [] }

/** A gone key's row, with its sealed private part, is kept this long: a clock that jumps forward and back destroys no key. */
const keptAfterGone = 86_400_000

const inSuccession = (a: KeyRecord, b: KeyRecord): number => a.activeFrom - b.activeFrom || a.created - b.created

const liveAt = (records: readonly KeyRecord[], now: number): readonly KeyRecord[] =>
  records.filter((record) => keyState(record, now) !== 'gone').toSorted(inSuccession)

const sameTimes = (a: Times, b: Times): boolean =>
  a.activeFrom === b.activeFrom &&
  a.retiredFrom === b.retiredFrom &&
  a.goneFrom === b.goneFrom &&
  a.compromisedAt === b.compromisedAt

const changed = (before: readonly KeyRecord[], after: readonly KeyRecord[]): readonly Times[] =>
  after.filter((record) => {
    const old = before.find(({ kid }) => kid === record.kid)
    return old === undefined || !sameTimes(old, record)
  })

/**
 * Gives each key of a succession the end its successor means for it: it signs until the next one does, and is published
 * for `retiredFor` after that. An end that has passed stays; one only grows when tokens may live longer than before.
 */
const settle = (
  succession: readonly KeyRecord[],
  announce: KeyPlan['announce'],
  { retiredFor }: KeyTerms,
  now: number,
): readonly KeyRecord[] =>
  succession.map((key, index) => {
    const successor = succession[index + 1]?.activeFrom ?? announce?.activeFrom
    const passed = key.retiredFrom !== undefined && key.retiredFrom <= now
    const retiredFrom = passed ? key.retiredFrom : successor
    if (retiredFrom === undefined) return { ...key, retiredFrom, goneFrom: undefined }
    return { ...key, retiredFrom, goneFrom: Math.max(passed ? (key.goneFrom ?? 0) : 0, retiredFrom + retiredFor) }
  })

/**
 * What time has made due: a key near the end of its term gets a successor, announced before it is needed.
 * @param records the keys of one workspace and algorithm
 * @param needed whether anything uses the algorithm still; a key nobody needs ends its term without a successor
 */
export const planSchedule = (records: readonly KeyRecord[], terms: KeyTerms, now: number, needed: boolean): KeyPlan => {
  const live = liveAt(records, now)
  const last = live.at(-1)
  if (last === undefined) return nothing
  let announce: KeyPlan['announce']
  let ending = live
  if (keyState(last, now) === 'active') {
    const due = last.activeFrom + terms.activeFor
    if (needed && now >= due - terms.announcedFor) announce = { activeFrom: Math.max(due, now + terms.announcedFor) }
    if (!needed && now >= due) ending = live.map((key) => (key === last ? { ...key, retiredFrom: now } : key))
  }
  return { announce, update: changed(records, settle(ending, announce, terms, now)) }
}

/** A rotation by command: the successor is announced now, unless one is already. */
export const planRotation = (records: readonly KeyRecord[], terms: KeyTerms, now: number): KeyPlan => {
  const live = liveAt(records, now)
  const last = live.at(-1)
  if (last !== undefined && keyState(last, now) === 'announced') return nothing
  const announce = { activeFrom: now + terms.announcedFor }
  return { announce, update: changed(records, settle(live, announce, terms, now)) }
}

/**
 * A key is given up: it is gone at once, and if it was the one in use another signs at once, the announced one if there is
 * one, since verifiers may know it already.
 */
export const planCompromise = (records: readonly KeyRecord[], kid: string, terms: KeyTerms, now: number): KeyPlan => {
  const given = records.find((record) => record.kid === kid)
  if (given === undefined || given.compromisedAt !== undefined) return nothing
  const wasActive = keyState(given, now) === 'active'
  let others = liveAt(records, now).filter((record) => record !== given)
  let announce: KeyPlan['announce']
  if (wasActive && !others.some((record) => keyState(record, now) === 'active')) {
    const next = others.find((record) => keyState(record, now) === 'announced' && record.created <= now)
    if (next === undefined) announce = { activeFrom: now }
    else others = others.map((record) => (record === next ? { ...record, activeFrom: now } : record))
  }
  const settled = settle(others.toSorted(inSuccession), announce, terms, now)
  return { announce, update: changed(records, [{ ...given, compromisedAt: now }, ...settled]) }
}

/** What a workspace needs when it has no key in use. */
export type FirstKey =
  | { readonly action: 'make' }
  /** An announced key signs from now on: verifiers may know it already. */
  | { readonly action: 'activate'; readonly update: readonly Times[] }
  /** There are keys, and all of them begin later than now: the clock is wrong, and more keys would not help. */
  | { readonly action: 'wait'; readonly created: number }

export const planFirst = (records: readonly KeyRecord[], now: number): FirstKey => {
  const announced = liveAt(records, now).filter((record) => keyState(record, now) === 'announced')
  const [next] = announced
  if (next === undefined) return { action: 'make' }
  const born = announced.find(({ created }) => created <= now)
  if (born === undefined) return { action: 'wait', created: next.created }
  return { action: 'activate', update: [{ ...born, activeFrom: now }] }
}

/** Keys whose rows, private parts included, have no use any more. */
export const removable = (records: readonly KeyRecord[], now: number): readonly KeyRecord[] =>
  records.filter(({ goneFrom, compromisedAt }) => {
    const ended = Math.min(goneFrom ?? Number.POSITIVE_INFINITY, compromisedAt ?? Number.POSITIVE_INFINITY)
    return ended + keptAfterGone <= now
  })

/** The key made last, which a change of keys is made against; empty when there is none. */
export const newestKid = (records: readonly KeyRecord[]): string =>
  records.toSorted((a, b) => a.created - b.created || a.activeFrom - b.activeFrom || (a.kid < b.kid ? -1 : 1)).at(-1)
    ?.kid ?? ''
