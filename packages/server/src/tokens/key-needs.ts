import type { SigningAlgorithm } from '../domain/api.ts'
import type { WorkspaceKey } from '../domain/workspace.ts'
import type { KeyNeeds } from '../keys/rotate.ts'
import type { Registry } from '../registry/registry.ts'
import { defaultAlgorithm } from './introspection-jwt.ts'

/** What a workspace asks of its keys; undefined when there is no such workspace. */
export const createKeyNeeds =
  ({ registry }: { readonly registry: Registry }) =>
  async (key: WorkspaceKey): Promise<KeyNeeds | undefined> => {
    const view = await registry.workspace(key)
    if (view === undefined) return undefined
    const algorithms = new Set<SigningAlgorithm | 'A256GCM'>([defaultAlgorithm])
    for (const { enabled, algorithm, tokenFormat } of view.apis) {
      if (!enabled) continue
      // Of an opaque token's API too: answers about it may be signed (RFC 9701).
      algorithms.add(algorithm)
      if (tokenFormat === 'opaque') algorithms.add('A256GCM')
    }
    return { longestLifetime: view.workspace.maxTokenLifetime, algorithms }
  }
