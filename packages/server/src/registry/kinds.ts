import type { EntityKind } from '../store/store.ts'
import { apiKind } from './kinds/api.ts'
import { clientKind } from './kinds/client.ts'
import { credentialKind } from './kinds/credential.ts'
import type { Kind } from './kinds/kind.ts'
import { rotationKind } from './kinds/rotation.ts'
import { trustKind } from './kinds/trust.ts'
import { webhookKind } from './kinds/webhook.ts'
import { workspaceKind } from './kinds/workspace.ts'

/** The kinds of configuration, one line each; change sets, revisions and documents derive from this list. */
export const kinds: readonly Kind[] = [
  workspaceKind,
  apiKind,
  trustKind,
  clientKind,
  credentialKind,
  rotationKind,
  webhookKind,
]

const byName = new Map(kinds.map((kind) => [kind.name, kind]))

export const kindNamed = (name: EntityKind): Kind => {
  const kind = byName.get(name)
  if (kind === undefined) throw new Error(`no such kind: ${name}`)
  return kind
}
