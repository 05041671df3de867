import { createPublicKey } from 'node:crypto'
import type { KeyRecord } from '../domain/signing-key.ts'
import type { WorkspaceKey } from '../domain/workspace.ts'
import { type Random, randomId } from '../lib/random.ts'
import { open, seal } from '../lib/seal.ts'
import { algorithms } from './algorithms.ts'

/** What a sealed private part is bound to, so that it cannot be moved to another key or workspace. */
const sealContext = (workspace: WorkspaceKey, kid: string): string => `signing-key ${workspace} ${kid}`

/** The private part of a key, sealed under a master key, as its record holds it. */
export const sealPrivatePart = (
  { workspace, kid }: Pick<KeyRecord, 'workspace' | 'kid'>,
  plain: Uint8Array,
  masterKey: Uint8Array,
  random: Random,
): string => Buffer.from(seal(masterKey, plain, sealContext(workspace, kid), random)).toString('base64')

/** Makes a key of an algorithm, sealed, active from a time. */
export const makeKey = async (
  workspace: WorkspaceKey,
  algorithm: KeyRecord['algorithm'],
  times: { readonly created: number; readonly activeFrom: number },
  masterKey: Uint8Array,
  random: Random,
): Promise<KeyRecord> => {
  const kid = randomId(random, 16)
  const sealed = (plain: Uint8Array): string => sealPrivatePart({ workspace, kid }, plain, masterKey, random)
  const common = {
    workspace,
    kid,
    created: times.created,
    activeFrom: times.activeFrom,
    retiredFrom: undefined,
    goneFrom: undefined,
    compromisedAt: undefined,
  }
  if (algorithm === 'A256GCM') {
    return { ...common, use: 'seal', algorithm, publicJwk: '', sealedPrivateKey: sealed(random.bytes(32)) }
  }
  const privateKey = await algorithms[algorithm].generate()
  const publicJwk = createPublicKey(privateKey).export({ format: 'jwk' })
  return {
    ...common,
    use: 'sig',
    algorithm,
    publicJwk: JSON.stringify(publicJwk),
    sealedPrivateKey: sealed(privateKey.export({ format: 'der', type: 'pkcs8' })),
  }
}

/** The private part of a record, or undefined when the master key is not the one it was sealed under. */
export const openKey = (record: KeyRecord, masterKey: Uint8Array): Uint8Array | undefined =>
  open(masterKey, Buffer.from(record.sealedPrivateKey, 'base64'), sealContext(record.workspace, record.kid))
