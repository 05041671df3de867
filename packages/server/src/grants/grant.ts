import type { Form } from '@mintmark/protocol'
import type { AuthenticatedClient } from '../domain/authenticated-client.ts'
import type { Authorization } from '../domain/authorization.ts'
import type { WorkspaceView } from '../registry/registry.ts'

/** One way to obtain a token (RFC 6749 §1.3). A grant only decides; it never authenticates, issues or saves. */
export type Grant = {
  /** The value of `grant_type`. */
  readonly type: string
  /** The capability a client needs for it. */
  readonly capability: string
  /** Parameters it may see more than once. */
  readonly repeatable: readonly string[]
  /** @throws OAuthError when the client may not have what it asks for */
  readonly authorize: (
    view: WorkspaceView,
    caller: AuthenticatedClient,
    form: Form,
  ) => Authorization | Promise<Authorization>
}
