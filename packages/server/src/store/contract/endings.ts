import type { WorkspaceKey } from '../../domain/workspace.ts'
import type { AuditRow } from './audit.ts'
import type { EntityPlace } from './configuration.ts'

/** An end of an entity or of a part of it, such as one of the trust anchors of a workspace. */
export type Ending = {
  /** Empty for the entity itself. */
  readonly part: string
  /** Epoch milliseconds. */
  readonly ends: number
  /** How far before it, in seconds, it was announced last; the meaning of each number is `policy/expiry-notices.ts`'s. */
  readonly announced: number
}

export type KnownEnding = Ending & { readonly workspace: WorkspaceKey; readonly place: EntityPlace }

/** An end with the body of the entity. */
export type EndingRow = KnownEnding & { readonly body: string }

export type EndingPage = {
  /** Ends after `from` up to and including `until`, epoch milliseconds. */
  readonly from: number
  readonly until: number
  /** Only those announced so far before. */
  readonly announced?: readonly number[]
  /** The last one of the page before. */
  readonly after:
    | { readonly ends: number; readonly parent: string; readonly id: string; readonly part: string }
    | undefined
  readonly limit: number
}

export type FoundCredential = { readonly place: EntityPlace; readonly body: string }

/** What ends and when, by indexes: to know what is near costs the same however much there is. */
export type EndingStore = {
  /** Makes the ends of entities these, for what a commit could not know; an end that stays keeps what was announced. */
  readonly put: (
    workspace: WorkspaceKey,
    all: readonly { readonly place: EntityPlace; readonly endings: readonly Ending[] }[],
  ) => Promise<void>
  /** The different `announced` of a workspace, ascending. */
  readonly announced: (workspace: WorkspaceKey) => Promise<readonly number[]>
  /** Those announced so far before that end until then, the first to end first. */
  readonly due: (
    workspace: WorkspaceKey,
    announced: number,
    until: number,
    limit: number,
  ) => Promise<readonly EndingRow[]>
  /** In the order of ends. */
  readonly list: (workspace: WorkspaceKey, page: EndingPage) => Promise<readonly EndingRow[]>
  readonly count: (workspace: WorkspaceKey, from: number, until: number) => Promise<number>
  /**
   * Writes an event for each end that is as it was read, and that it was announced; so that each is announced once, whoever
   * tries. True for each that was announced by this call.
   */
  readonly announce: (
    notices: readonly { readonly ending: KnownEnding; readonly announced: number; readonly event: AuditRow }[],
  ) => Promise<readonly boolean[]>
  readonly forget: (workspace: WorkspaceKey, announced: readonly number[]) => Promise<void>
  /** Credentials in the order of client and id, after one: to look at all of them in pieces. */
  readonly listCredentials: (
    workspace: WorkspaceKey,
    after: { readonly parent: string; readonly id: string },
    limit: number,
  ) => Promise<readonly FoundCredential[]>
}
