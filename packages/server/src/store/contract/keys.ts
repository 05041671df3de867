import type { KeyRecord } from '../../domain/signing-key.ts'
import type { WorkspaceKey } from '../../domain/workspace.ts'
import type { AuditRow } from './audit.ts'

export type KeyTimes = Pick<KeyRecord, 'kid' | 'activeFrom' | 'retiredFrom' | 'goneFrom' | 'compromisedAt'>

export type KeyStore = {
  readonly listKeys: (workspace: WorkspaceKey) => Promise<readonly KeyRecord[]>
  readonly listAllKeys: () => Promise<readonly KeyRecord[]>
  /**
   * Inserts keys and changes times of others at once, only if the newest key of that workspace and algorithm is still
   * `expectedNewest` (empty: there is none); so that two nodes never both rotate.
   */
  readonly changeKeys: (
    change: {
      readonly workspace: WorkspaceKey
      readonly algorithm: string
      readonly expectedNewest: string
      readonly insert: readonly KeyRecord[]
      readonly update: readonly KeyTimes[]
    },
    events: readonly AuditRow[],
  ) => Promise<'changed' | 'moved'>
  /** Seals existing keys anew (rotation of the master key). */
  readonly resealKeys: (keys: readonly Pick<KeyRecord, 'kid' | 'sealedPrivateKey'>[]) => Promise<void>
  readonly deleteKeys: (kids: readonly string[], events: readonly AuditRow[]) => Promise<void>
}
