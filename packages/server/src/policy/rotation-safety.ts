import type { CredentialLastUse, CredentialUse } from '../store/store.ts'

/** Milliseconds: a caller not seen for longer is forgotten in this. */
const month = 30 * 86_400_000

/** Milliseconds within which every node has written whom it saw, also of a large fleet. */
const writtenWithin = 600_000

/** Token lifetimes that must go by without a use: whoever caches a token comes back within one. */
const quietLifetimes = 3

/** A caller of a credential that is to be retired. */
export type LeftCaller = CredentialUse & {
  /** Whether it may still need the credential: it used it within the quiet time. */
  readonly waiting: boolean
  /** Whether the same caller was seen later with a credential that stays. */
  readonly moved: boolean
}

export type RotationSafety = {
  /** Whether the credentials can be retired without refusing anybody who was seen with them. */
  readonly safe: boolean
  /** Epoch milliseconds: when it is safe if nobody uses them any more. */
  readonly safeFrom: number
  /** Who used them in the last 30 days, the latest first. */
  readonly callers: readonly LeftCaller[]
}

/**
 * Whether credentials can be retired: unused for three token lifetimes by every caller of the last 30 days (ADR 26).
 * @param lifetime seconds the client's tokens live at the longest
 * @param now epoch milliseconds
 */
export const judgeRetirement = ({
  credentials,
  uses,
  callers,
  lifetime,
  now,
}: {
  readonly credentials: readonly string[]
  readonly uses: readonly CredentialLastUse[]
  readonly callers: readonly CredentialUse[]
  readonly lifetime: number
  readonly now: number
}): RotationSafety => {
  const quiet = Math.max(quietLifetimes * lifetime * 1000, writtenWithin)
  const isOurs = ({ credential, time }: { readonly credential: string; readonly time: number }): boolean =>
    credentials.includes(credential) && time > now - month
  const others = callers.filter(({ credential }) => !credentials.includes(credential))
  const isSame = (a: CredentialUse, b: CredentialUse): boolean =>
    a.instance !== '' && b.instance !== '' ? a.instance === b.instance : a.address === b.address && a.agent === b.agent
  const left = callers.filter(isOurs).map((caller) => ({
    ...caller,
    waiting: caller.time > now - quiet,
    moved: others.some((other) => isSame(caller, other) && other.time >= caller.time),
  }))
  // Callers are bounded, last uses are not: somebody may have used it whom nobody can name any more.
  const latest = Math.max(...[...left, ...uses.filter(isOurs)].map(({ time }) => time), Number.NEGATIVE_INFINITY)
  const safeFrom = latest === Number.NEGATIVE_INFINITY ? now : latest + quiet
  return { safe: safeFrom <= now, safeFrom, callers: left }
}
