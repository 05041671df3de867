import { TokenError } from '../errors.ts'
import type { AssertionAlgorithm } from '../sign-jws.ts'
import { tell } from '../tell.ts'
import { unknownOption } from '../unknown-option.ts'
import type { KeyStorage, RollingJwk } from './key-storage.ts'
import { provesClient, rollOver, type ServerOptions } from './roll-over.ts'
import { algorithmOf, newJwk, thumbprintOf } from './rolling-jwk.ts'

/** What happens to the key. Holds nothing secret. */
export type RolloverEvent =
  | { readonly type: 'rolled'; readonly kid: string }
  /** It failed, and is tried again after so many milliseconds; the present key goes on. */
  | { readonly type: 'failed'; readonly error: unknown; readonly wait: number }

export interface RollingKeyOptions {
  /** The issuer, exactly as the server writes it. */
  readonly issuer: string
  readonly clientId: string
  /** Where the key is kept, such as `keyFile` of `@mintmark/client/node`. It must outlast the process. */
  readonly storage: KeyStorage
  /** What the next keys are for. Default: what the present one is for. */
  readonly algorithm?: AssertionAlgorithm | undefined
  /** Seconds after which a key is replaced, once `start` was called; up to a tenth earlier. Default 30 days. */
  readonly maximumAge?: number | undefined
  /** Told what happens. What it throws is ignored. */
  readonly onEvent?: ((event: RolloverEvent) => void) | undefined
  /** Milliseconds for one request. Default 10 000. */
  readonly timeout?: number | undefined
  /** Default: the global one. */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly currentTime?: (() => number) | undefined
  /** Calls back after so many milliseconds; returns what ends it. Default `setTimeout`, which does not keep a process alive. */
  readonly later?: ((milliseconds: number, work: () => void) => () => void) | undefined
  /** From 0 up to 1. Default `Math.random`: it spreads load and guards nothing. */
  readonly random?: (() => number) | undefined
}

export interface RollingKey {
  /** The present key, for `privateKeyJwt({ key: rolling.key })`; read anew each time, since another process may have rolled it over. */
  readonly key: () => Promise<RollingJwk>
  /**
   * Replaces the key now, or goes on with a roll-over that did not come to its end.
   * @returns the name of the key that is the present one now
   * @throws TokenError
   */
  readonly roll: () => Promise<string>
  /** Replaces the key from now on whenever it is old enough. */
  readonly start: () => void
  readonly stop: () => void
}

const optionNames = {
  issuer: true,
  clientId: true,
  storage: true,
  algorithm: true,
  maximumAge: true,
  onEvent: true,
  timeout: true,
  fetch: true,
  currentTime: true,
  later: true,
  random: true,
} as const

/** Milliseconds between two looks at the age: also a machine that slept, or whose clock was set, rolls over in time. */
const longestWait = 3_600_000
const firstWait = 60_000
const defaultAge = 30 * 86_400

/** A timer of Node would keep its process alive, and other platforms have none that could. */
const setTimer = (milliseconds: number, work: () => void): (() => void) => {
  const timer: unknown = setTimeout(work, milliseconds)
  if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function')
    timer.unref()
  return () => clearTimeout(timer as number)
}

/**
 * A key of a client that the client itself replaces: it signs the next key with the present one. The next key is kept before
 * the server is asked, and becomes the present one after the server has said yes; whenever the client ends in between, the
 * same is asked again. One for each place where a key is kept: two processes with copies of one key are what the server
 * takes for a thief and his victim.
 * @throws TokenError `invalid_configuration`, at once
 */
export function rollingKey(options: RollingKeyOptions): RollingKey {
  const unknown = unknownOption(options, optionNames)
  if (unknown !== undefined) throw misconfigured(`there is no option ${JSON.stringify(unknown)}`)
  const { issuer, clientId, storage, algorithm, maximumAge = defaultAge } = options
  if (typeof storage?.promote !== 'function') throw misconfigured('the storage is missing')
  if (typeof clientId !== 'string' || clientId === '') throw misconfigured('clientId is missing')
  if (!(maximumAge > 0)) throw misconfigured('maximumAge is more than 0 seconds')
  const { fetch = globalThis.fetch, timeout = 10_000, currentTime = Date.now } = options
  const { later = setTimer, random = Math.random } = options
  const server: ServerOptions = { issuer, clientId, fetch, timeout, currentTime }
  let current: RollingJwk | undefined
  let rolling: Promise<string> | undefined
  let ended: (() => void) | undefined
  let failures = 0

  const key = async (): Promise<RollingJwk> => {
    const { key: read } = await storage.read()
    // The same object for the same key, so that it is imported once.
    if (current === undefined || JSON.stringify(current) !== JSON.stringify(read)) current = read
    return current
  }

  const ask = async (present: RollingJwk, thumbprint: string, next: RollingJwk): Promise<void> => {
    try {
      await rollOver(present, next, server)
    } catch (error) {
      if (!(error instanceof TokenError) || error.code !== 'refused') throw error
      // The present key may be gone since the server said yes, in an answer that never came.
      if (await provesClient(next, server)) return
      // Only what the server would not take is given up: another successor of a key that proves nothing would not help.
      if (error.oauthError === 'invalid_request') await storage.withdraw(thumbprint)
      throw error
    }
  }

  const rollNow = async (): Promise<string> => {
    const present = await key()
    const thumbprint = await thumbprintOf(present)
    const now = Math.floor(currentTime() / 1_000)
    const next =
      (await storage.readNext(thumbprint)) ??
      (await storage.keepNext(thumbprint, await newJwk(algorithm ?? algorithmOf(present), now)))
    await ask(present, thumbprint, next)
    await storage.promote(thumbprint, next)
    const kid = next.kid ?? ''
    tell(options.onEvent, { type: 'rolled', kid })
    return kid
  }

  const roll = (): Promise<string> => {
    rolling ??= rollNow().finally(() => {
      rolling = undefined
    })
    return rolling
  }

  const waitAfter = (error: unknown): number => {
    const asked = error instanceof TokenError ? (error.retryAfter ?? 0) * 1_000 : 0
    return Math.min(longestWait, Math.max(asked, firstWait * 2 ** failures * (0.5 + random() / 2)))
  }

  /** How much earlier than it must: clients that were made together do not come together. */
  const early = 1 - random() / 10

  const look = async (): Promise<number> => {
    try {
      const present = await key()
      const { since } = await storage.read()
      // A key that was to follow is followed up at once, whatever its age.
      const begun = (await storage.readNext(await thumbprintOf(present))) !== undefined
      const due = since * 1_000 + maximumAge * 1_000 * early
      if (!begun && due > currentTime()) return Math.min(longestWait, due - currentTime())
      await roll()
      failures = 0
      return longestWait
    } catch (error) {
      const wait = waitAfter(error)
      failures += 1
      tell(options.onEvent, { type: 'failed', error, wait })
      return wait
    }
  }

  const schedule = (milliseconds: number): void => {
    const timer = later(milliseconds, () => {
      look().then((wait) => {
        if (ended === timer) schedule(wait)
      })
    })
    ended = timer
  }

  return Object.freeze({
    key,
    roll,
    start: () => {
      if (ended === undefined) schedule(0)
    },
    stop: () => {
      ended?.()
      ended = undefined
    },
  })
}

const misconfigured = (what: string) => new TokenError('invalid_configuration', `rollingKey: ${what}`)
