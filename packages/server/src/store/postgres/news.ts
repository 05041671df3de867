import type { WorkspaceKey } from '../../domain/workspace.ts'
import type { Committed } from '../sql/commits.ts'
import type { WriteArguments, WriteName } from '../sql/writes.ts'
import type { EntityKind, Revocation, RevocationSubject, StoreChange, Told } from '../store.ts'

/** What a write has to tell every node, in the transaction of the write itself. */

/** PostgreSQL takes 7999 bytes in one notification; what is around the parts is far shorter than the rest of it. */
const room = 7500
/** Notifications one write makes at the most; what would take more is told as: everything may have changed. */
const most = 64

type Message =
  | { readonly node: string; readonly about: 'keys'; readonly workspace: WorkspaceKey | null }
  | {
      readonly node: string
      readonly about: 'configuration'
      readonly workspace: WorkspaceKey
      readonly parts: readonly (readonly [kind: string, id: string, parent: string])[]
    }
  | {
      readonly node: string
      readonly about: 'revocations'
      readonly workspace: WorkspaceKey
      readonly parts: readonly (readonly [subject: string, value: string, issuedUntil: number, expires: number])[]
    }
  | ({ readonly node: string; readonly about: 'block' } & Told)
  | { readonly node: string; readonly about: 'everything' }

const encode = (message: Message): string => JSON.stringify(message)

/** Parts in groups that each fit into a notification. */
const grouped = <T>(parts: readonly T[]): readonly (readonly T[])[] => {
  const groups: T[][] = []
  let size = room
  for (const part of parts) {
    const length = Buffer.byteLength(JSON.stringify(part)) + 1
    if (size + length > room) {
      groups.push([])
      size = 0
    }
    groups.at(-1)?.push(part)
    size += length
  }
  return groups
}

const told = (node: string, messages: readonly Message[]): readonly string[] => {
  const encoded = messages.map(encode)
  const fits = encoded.length <= most && encoded.every((text) => Buffer.byteLength(text) < room + 400)
  return fits ? encoded : [encode({ node, about: 'everything' })]
}

type News = {
  readonly [N in WriteName]?: (node: string, args: WriteArguments<N>, result: unknown) => readonly string[]
}

const news: News = {
  commit: (node, [{ workspace, changes }], result) => {
    const committed = result as Committed
    if (committed.outcome !== 'committed') return []
    const parts = [...changes, ...committed.removed].map(({ kind, id, parent }) => [kind, id, parent] as const)
    return told(
      node,
      grouped(parts).map((group) => ({ node, about: 'configuration', workspace, parts: group })),
    )
  },
  changeKeys: (node, [{ workspace }], result) =>
    result === 'changed' ? told(node, [{ node, about: 'keys', workspace }]) : [],
  deleteKeys: (node) => told(node, [{ node, about: 'keys', workspace: null }]),
  resealKeys: (node) => told(node, [{ node, about: 'keys', workspace: null }]),
  addRevocations: (node, [revocations]) => {
    const messages: Message[] = []
    for (const [workspace, some] of Map.groupBy(revocations, (revocation) => revocation.workspace)) {
      const parts = some.map(
        ({ subject, value, issuedUntil, expires }) => [subject, value, issuedUntil, expires] as const,
      )
      for (const group of grouped(parts)) messages.push({ node, about: 'revocations', workspace, parts: group })
    }
    return told(node, messages)
  },
}

/**
 * The notifications of a write.
 * @param node which node tells
 */
export const newsOf = (node: string, name: WriteName, args: readonly unknown[], result: unknown): readonly string[] => {
  const of = news[name] as ((node: string, args: readonly unknown[], result: unknown) => readonly string[]) | undefined
  return of === undefined ? [] : of(node, args, result)
}

/** What a node tells the others that no table keeps. */
export const encodeTold = (node: string, { key, reference }: Told): string =>
  encode({ node, about: 'block', key, reference })

/** A ping of a node, its number, and by how many milliseconds its clock was ahead of the database's, if it knows. */
export type Ping = { readonly node: string; readonly ping: number; readonly ahead?: number | undefined }

export const encodePing = (ping: Ping): string => JSON.stringify(ping)

const everything: StoreChange = { about: 'everything' }

const toChange = (message: Message): StoreChange => {
  switch (message.about) {
    case 'keys':
      return { about: 'keys', workspace: message.workspace ?? undefined }
    case 'configuration':
      return {
        about: 'configuration',
        workspace: message.workspace,
        entities: message.parts.map(([kind, id, parent]) => ({ kind: kind as EntityKind, id, parent })),
      }
    case 'revocations': {
      const { workspace } = message
      return {
        about: 'revocations',
        revocations: message.parts.map(
          ([subject, value, issuedUntil, expires]): Revocation => ({
            workspace,
            subject: subject as RevocationSubject,
            value,
            issuedUntil,
            expires,
          }),
        ),
      }
    }
    case 'block':
      return { about: 'block', key: message.key, reference: message.reference }
    default:
      return everything
  }
}

/** What a notification says: a ping, or what changed and by which node. What cannot be read may mean anything. */
export const readNews = (
  payload: string,
): { readonly ping: Ping } | { readonly node: string; readonly change: StoreChange } => {
  try {
    const message = JSON.parse(payload) as Message | Ping
    return 'ping' in message ? { ping: message } : { node: message.node, change: toChange(message) }
  } catch {
    return { node: '', change: everything }
  }
}
