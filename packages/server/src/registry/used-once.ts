import type { SettingStore, SingleUseStore } from '../store/store.ts'

/** Something that counts once: the assertion of a client, the proof of a key. */
export type UsableOnce = {
  /** Of the value and of whose it is. */
  readonly digest: string
  /** When it counts no more in any case, epoch milliseconds. */
  readonly expires: number
  /** The earliest time at which it could have been taken, by what it says of itself, epoch seconds. */
  readonly earliest: number
}

/**
 * `forgotten`: it may have been taken before a backup was restored that does not know of it. Nobody can tell, so it is
 * refused; whoever makes a new one is served.
 */
export type UseOnce = (value: UsableOnce) => Promise<'first' | 'again' | 'forgotten'>

/**
 * Takes values that count once.
 * @param forgottenUntil what was taken until then may have been forgotten, epoch milliseconds
 */
export const createUseOnce =
  (singleUse: Pick<SingleUseStore, 'use'>, forgottenUntil = Number.NEGATIVE_INFINITY): UseOnce =>
  async ({ digest, expires, earliest }) => {
    if (earliest * 1000 <= forgottenUntil) return 'forgotten'
    return (await singleUse.use(digest, expires)) ? 'first' : 'again'
  }

const name = 'used-values-forgotten-until'

/** Until when used values may have been forgotten; undefined in a store that was never restored. */
export const readForgottenUntil = async (settings: Pick<SettingStore, 'read'>): Promise<number | undefined> => {
  const text = await settings.read(name)
  return text === undefined ? undefined : Number(text)
}

/** Remembers that a backup was restored, and knows nothing of what was used until now. */
export const writeForgottenUntil = (settings: Pick<SettingStore, 'write'>, time: number): Promise<void> =>
  settings.write(name, String(time))
