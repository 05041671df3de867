import type { Confirmation } from './access-token.ts'
import type { Api } from './api.ts'
import type { Client } from './client.ts'
import type { Workspace } from './workspace.ts'

/** What a grant decided: who gets which token. One function issues it (`tokens/issue.ts`). */
export type Authorization = {
  readonly workspace: Workspace
  readonly client: Client
  /** Id of the credential the client proved itself with; the token's `jti` begins with it. */
  readonly credentialId: string
  /** The APIs the token is for, one unless the workspace allows more; all of one format and algorithm. */
  readonly apis: readonly [Api, ...Api[]]
  readonly scope: readonly string[]
  /** Seconds. */
  readonly lifetime: number
  /** What the token is bound to; absent for a bearer token. */
  readonly confirmation?: Confirmation | undefined
}
