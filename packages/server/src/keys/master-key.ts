import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import type { KeyRecord } from '../domain/signing-key.ts'
import { equalInConstantTime, sha256 } from '../lib/digest.ts'
import type { Random } from '../lib/random.ts'
import type { KeyStore, SettingStore } from '../store/store.ts'
import { openKey, sealPrivatePart } from './key-material.ts'

/** The master key is missing, malformed or not the one this store was sealed under. Stops the start. */
export class MasterKeyError extends Error {
  override readonly name = 'MasterKeyError'
}

const keyLength = 32

/**
 * Reads a master key as text: 32 bytes in base64 or base64url (44 or 43 characters) or hexadecimal (64).
 * @throws MasterKeyError
 */
export const parseMasterKey = (text: string, source: string): Uint8Array => {
  const trimmed = text.trim()
  const key = /^[0-9a-f]{64}$/i.test(trimmed) ? Buffer.from(trimmed, 'hex') : Buffer.from(trimmed, 'base64')
  if (key.length !== keyLength || !/^[A-Za-z0-9+/_-]{43}=?$|^[0-9a-f]{64}$/i.test(trimmed)) {
    throw new MasterKeyError(`${source}: the master key must be 32 bytes, in base64 or hexadecimal`)
  }
  return key
}

/**
 * The master key from a file, made on first start (mode 0600).
 * @param mayCreate whether this is a first start: a missing file beside an existing store is a loss, not a beginning
 */
export const masterKeyFromFile = (file: string, mayCreate: boolean, random: Random): Uint8Array => {
  if (!existsSync(file)) {
    if (!mayCreate) {
      throw new MasterKeyError(
        `the master key ${file} is gone: restore it, or give it as MINTMARK_MASTER_KEY (nodes over one PostgreSQL have the same)`,
      )
    }
    const descriptor = openSync(file, 'wx', 0o600)
    try {
      writeSync(descriptor, `${Buffer.from(random.bytes(keyLength)).toString('base64')}\n`)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
  }
  return parseMasterKey(readFileSync(file, 'utf8'), file)
}

const settingName = 'master-key-check'

/** A fingerprint that says whether a key is the right one and nothing about it. */
const fingerprint = (key: Uint8Array): Buffer => sha256(Buffer.concat([Buffer.from('mintmark master key '), key]))

/**
 * Checks that a store is sealed under this key, and changes nothing.
 * @param read a setting of the store
 * @throws MasterKeyError for another key
 */
export const checkMasterKey = async (
  read: (name: string) => Promise<string | undefined>,
  key: Uint8Array,
): Promise<void> => {
  const stored = await read(settingName)
  if (stored === undefined || equalInConstantTime(Buffer.from(stored, 'base64'), fingerprint(key))) return
  throw new MasterKeyError(
    'the master key is not the one this store was sealed under: give the right MINTMARK_MASTER_KEY',
  )
}

/** Whether anything was ever sealed in this store. */
export const isSealed = async (settings: SettingStore): Promise<boolean> =>
  (await settings.read(settingName)) !== undefined

/**
 * Checks that the store is sealed under this key, or remembers that it is from now on. A store sealed under the previous
 * key is sealed anew: keys first and all at once, then the check, so that a crash at any time leaves a store that opens
 * with both keys given.
 * @param resealOthers does as much for what else is sealed; each may be repeated
 * @param previous the master key before this one, when it was changed
 * @throws MasterKeyError for another key
 */
export const acceptMasterKey = async (
  { settings, keys }: { readonly settings: SettingStore; readonly keys: KeyStore },
  { key, previous }: { readonly key: Uint8Array; readonly previous: Uint8Array | undefined },
  random: Random,
  resealOthers: readonly ((key: Uint8Array, previous: Uint8Array) => Promise<void>)[] = [],
): Promise<void> => {
  // Of nodes that start together over a new store one is the first, and the others must have the same key.
  const stored = await settings.keep(settingName, fingerprint(key).toString('base64'))
  const isOf = (candidate: Uint8Array): boolean =>
    equalInConstantTime(Buffer.from(stored, 'base64'), fingerprint(candidate))
  if (isOf(key)) return
  if (previous === undefined || !isOf(previous)) {
    throw new MasterKeyError(
      previous === undefined
        ? 'the master key is not the one this store was sealed under: give the right MINTMARK_MASTER_KEY (every node has the same), or the old one as MINTMARK_MASTER_KEY_PREVIOUS'
        : 'neither the master key nor the previous one is the one this store was sealed under',
    )
  }
  await resealAll(keys, key, previous, random)
  for (const reseal of resealOthers) await reseal(key, previous)
  await settings.write(settingName, fingerprint(key).toString('base64'))
}

const resealAll = async (keys: KeyStore, key: Uint8Array, previous: Uint8Array, random: Random): Promise<void> => {
  const resealed: Pick<KeyRecord, 'kid' | 'sealedPrivateKey'>[] = []
  for (const record of await keys.listAllKeys()) {
    // A crash after the keys and before the check leaves keys under the new master key already.
    if (openKey(record, key) !== undefined) continue
    const plain = openKey(record, previous)
    if (plain === undefined) {
      throw new MasterKeyError(
        `key ${record.kid} of ${record.workspace} opens under neither master key: restore a backup`,
      )
    }
    resealed.push({ kid: record.kid, sealedPrivateKey: sealPrivatePart(record, plain, key, random) })
  }
  await keys.resealKeys(resealed)
}
