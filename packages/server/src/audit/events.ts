import type { Confirmation } from '../domain/access-token.ts'
import type { WorkspaceKey } from '../domain/workspace.ts'

/** What every event may say. Never a secret, never a token. */
type Common = {
  readonly workspace?: WorkspaceKey
  /** The caller's address. */
  readonly address?: string
}

/** Why something was refused: for the operator, found by the reference that the caller was given. */
export type Refusal = {
  readonly reference: string
  /** The code the caller was given, such as `invalid_client`. */
  readonly error: string
  /** The check that failed, such as `secret-mismatch`. */
  readonly check: string
  readonly expected?: string
  readonly received?: string
}

/** What a leak leads to: nothing but the event, one token dead, or the credential retired and all its tokens dead. */
export type LeakResponse = 'none' | 'token-revoked' | 'credential-retired'

/** Who was seen with a credential, and when (RFC 3339). */
export type Caller = {
  readonly credential: string
  readonly address: string
  readonly agent: string
  readonly instance: string
  readonly time: string
}

/** Everything we record, one member per decision. The store keeps it as JSON; `type` says which it is. */
export type AuditEvent =
  | (Common & {
      readonly type: 'token.issued'
      readonly client: string
      readonly credential: string
      readonly api: string
      readonly scope: string
      readonly jti: string
      readonly kid: string
      /** Epoch seconds, as in the token. */
      readonly expires: number
      readonly grant: string
      /** The key or certificate the token is bound to. */
      readonly confirmation?: Confirmation
    })
  | (Common & Refusal & { readonly type: 'token.refused'; readonly client?: string })
  | (Common &
      Refusal & {
        /** A client reached its limit of tokens: once, however many requests are refused. */
        readonly type: 'token.limited'
        readonly client: string
      })
  | (Common &
      Refusal & {
        /**
         * Authentication failed too often, and more attempts are refused unseen: those of a client from an address, or without
         * a client those from an address. Once, however many are refused.
         */
        readonly type: 'client-authentication.blocked'
        readonly client?: string
      })
  | (Common & Refusal & { readonly type: 'introspection.refused'; readonly client?: string })
  | (Common & Refusal & { readonly type: 'revocation.refused'; readonly client?: string })
  | (Common & {
      readonly type: 'token.revoked'
      readonly actor: string
      /** What was revoked: `token`, `credential`, `client`, `workspace`, `key`. */
      readonly subject: string
      readonly value: string
      readonly client?: string
    })
  | (Common & {
      readonly type: 'configuration.changed'
      readonly actor: string
      readonly revision: number
      readonly note: string
      /** `created`, `updated` or `deleted`, with kind and id. */
      readonly changes: readonly { readonly action: string; readonly kind: string; readonly id: string }[]
    })
  | (Common & { readonly type: 'draft.saved' | 'draft.discarded'; readonly actor: string; readonly draft: string })
  | (Common & { readonly type: 'tenant.created'; readonly actor: string; readonly tenant: string })
  | (Common & {
      readonly type: 'key.created' | 'key.rotated' | 'key.compromised' | 'key.removed'
      readonly actor: string
      readonly kid: string
      readonly algorithm: string
    })
  | (Common & {
      readonly type: 'credential.leaked'
      /** An administrator, or who found it: `scanner/{name}`. */
      readonly actor: string
      /** What was found. */
      readonly leaked: 'secret' | 'key' | 'token'
      readonly client: string
      readonly credential: string
      /** Of the token that was found. */
      readonly jti?: string
      /** What is done at once; everything done has an event of its own. */
      readonly response: LeakResponse
      /** Where it was found, as the finder says; without its query. */
      readonly url?: string
    })
  | (Common & {
      /** `ending`: its end is near, and the old credentials are still in use. */
      readonly type: 'rotation.started' | 'rotation.ending' | 'rotation.completed' | 'rotation.cancelled'
      readonly actor: string
      readonly client: string
      /** Ids of the new credentials, and of those they replace. */
      readonly fresh: readonly string[]
      readonly old: readonly string[]
      /** RFC 3339: when the old ones retire by themselves, or retired. */
      readonly until: string
      /** Who was seen with what is retired within three token lifetimes: of many the latest. */
      readonly left?: readonly Caller[]
      /** Whether it was done though somebody was. */
      readonly forced?: boolean
    })
  | (Common & Refusal & { readonly type: 'client-key.refused'; readonly client?: string })
  | (Common & {
      /** A client replaced its key by itself. */
      readonly type: 'client-key.rolled'
      readonly client: string
      /** Ids of the new credential, and of the one it replaces. */
      readonly credential: string
      readonly previous: string
      readonly kid: string
      readonly algorithm: string
      /** RFC 3339: until then the previous key proves the client too. */
      readonly until: string
      /** RFC 3339: the end of the new key. */
      readonly ends?: string
    })
  | (Common & {
      /**
       * Two keys claimed to succeed one: somebody else has that one, and none of the client's keys proves it any more. Or one
       * leaked that had been succeeded, and those that came after it prove nothing any more.
       */
      readonly type: 'client-keys.frozen'
      readonly client: string
      /** Id of the credential that was to be succeeded twice, or leaked. */
      readonly credential: string
      /** The successor it has, and the one that was asked for besides; absent where it leaked. */
      readonly successor?: string
      readonly competitor?: string
      /** Ids of the credentials that are frozen now. */
      readonly frozen: readonly string[]
    })
  | (Common & {
      readonly type: 'client-keys.unfrozen'
      readonly actor: string
      readonly client: string
      readonly credentials: readonly string[]
    })
  | (Common & { readonly type: 'administrator.signed-in'; readonly client: string; readonly credential: string })
  | (Common & Refusal & { readonly type: 'administration.refused'; readonly actor?: string; readonly action: string })
  | (Common & {
      /** A webhook that took nothing for long, one that takes messages again, one whose place said that it is no more. */
      readonly type: 'webhook.failing' | 'webhook.recovered' | 'webhook.gone'
      readonly webhook: string
      /** RFC 3339: since when nothing was taken. */
      readonly since?: string
      /** A status, or a word of ours. */
      readonly outcome?: string
    })
  | (Common & {
      /** An end that is near, one that is over, and a credential that is older than its workspace wants. */
      readonly type: 'credential.expiring' | 'credential.expired' | 'credential.overdue'
      /** Absent for a trust anchor, which is the workspace's. */
      readonly client?: string
      /** The id of a credential, or the thumbprint of a trust anchor. */
      readonly credential: string
      readonly credentialType: string
      readonly subject?: string
      /** RFC 3339. */
      readonly ends: string
      /** The distance that is announced, in seconds. */
      readonly within?: number
    })
