/** What a client of the registry is to its administrator. */
export type ClientState = 'absent' | 'enabled' | 'disabled'

/** What the driver was told, and what it asked and was not told: the measure of what must be there after a crash. */
export type Journal = {
  /** `jti` of every token that reached its client. */
  readonly tokens: Set<string>
  /** `jti` of every token whose revocation was acknowledged, and the key that signed it. */
  readonly revoked: Map<string, string>
  /** Clients by id: the state acknowledged last, and the one asked for when the answer was outstanding. */
  readonly clients: Map<string, { acknowledged: ClientState; asked: ClientState | undefined }>
  /** Secrets acknowledged, as `client/secret`. */
  readonly secrets: Set<string>
  /** Keys whose compromise was acknowledged. */
  readonly compromised: Set<string>
}

export const createJournal = (): Journal => ({
  tokens: new Set(),
  revoked: new Map(),
  clients: new Map(),
  secrets: new Set(),
  compromised: new Set(),
})
