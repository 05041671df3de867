import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { equalInConstantTime, sha256 } from '../lib/digest.ts'
import type { Random } from '../lib/random.ts'
import type { SettingStore } from '../store/store.ts'

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
      throw new MasterKeyError(`the master key ${file} is gone: restore it, or give it as MINTMARK_MASTER_KEY`)
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
 * Checks that the store was sealed under this key, or remembers that it is from now on.
 * @throws MasterKeyError for another key
 */
export const checkMasterKey = async (settings: SettingStore, key: Uint8Array): Promise<void> => {
  const stored = await settings.read(settingName)
  const found = fingerprint(key)
  if (stored === undefined) return settings.write(settingName, found.toString('base64'))
  if (!equalInConstantTime(Buffer.from(stored, 'base64'), found)) {
    throw new MasterKeyError(
      'the master key is not the one this store was sealed under: give the right MINTMARK_MASTER_KEY',
    )
  }
}
