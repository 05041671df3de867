import type { JWK } from 'jose'
import type { Client } from '../domain/client.ts'
import type { KeyCredential } from '../domain/credential.ts'
import type { Issuers } from '../domain/issuer.ts'
import type { Workspace } from '../domain/workspace.ts'
import type { Clock } from '../lib/clock.ts'
import { sha256 } from '../lib/digest.ts'
import { addressAllowed } from '../policy/addresses.ts'
import { assertionAlgorithms, demandsOf, type ProfileDemands } from '../policy/security-profile.ts'
import type { ClientKey } from '../registry/client-key.ts'
import type { Registry } from '../registry/registry.ts'
import type { UseOnce } from '../registry/used-once.ts'
import { readTypedAssertion, verifyAssertion } from './assertion.ts'
import { type AssertionClaims, clockLeeway, isTime, readAssertionClaims } from './assertion-claims.ts'
import { maximumClientIdLength } from './authenticate.ts'
import { readPayload } from './client-assertion.ts'
import type { ClientKeys } from './client-keys.ts'
import { assertFirst, invalidClient } from './invalid-client.ts'
import { readNextKey } from './next-key.ts'
import type { Attempt, Throttle } from './throttle.ts'

/** The type of a request by which a client rolls its key over: no assertion, and no assertion is one. */
export const rolloverType = 'client-key-rollover+jwt'
/** Seconds a request lives at the most. */
const maximumLifetime = 60

/** A request that is authentic in both keys, and has still to be decided. */
export type ProvenRollover = { readonly client: Client; readonly signer: string; readonly next: ClientKey }

/**
 * Proves a roll-over: signed by a key of the client, with the next key inside, signed by itself.
 * @throws OAuthError `invalid_client`, or `invalid_request` for a next key that is none or is not proven
 * @throws Refused 429, where authentication failed too often before
 */
export type ProveRollover = (
  workspace: Workspace,
  request: string,
  address: string,
  claims: (clientId: string) => void,
) => Promise<ProvenRollover>

export type KeyRolloverDependencies = {
  readonly clientKeys: Pick<ClientKeys, 'signers' | 'nobody'>
  readonly registry: Pick<Registry, 'client'>
  readonly issuers: Issuers
  readonly useOnce: UseOnce
  readonly throttle: Throttle
  readonly clock: Clock
}

const method = 'private_key_jwt'

/** Who may not come in, though it holds a key of the client. */
const assertMayEnter = (client: Client, demanded: ProfileDemands | undefined, address: string): void => {
  if (!client.enabled) throw invalidClient('client-enabled')
  if (!client.authenticationMethods.includes(method)) {
    throw invalidClient('authentication-method-registered', client.authenticationMethods.join(' '), method)
  }
  if (demanded !== undefined && !demanded.authenticationMethods.includes(method)) {
    throw invalidClient('authentication-method-allowed', demanded.authenticationMethods.join(' '), method)
  }
  if (!addressAllowed(client.allowedAddresses, address)) {
    throw invalidClient('address-allowed', client.allowedAddresses.join(' '), address)
  }
}

/** The issuer is the only audience, of every client; with a profile as text alone. */
const assertAudience = (aud: unknown, issuer: string, demanded: ProfileDemands | undefined): void => {
  const sole = demanded === undefined && Array.isArray(aud) && aud.length === 1 ? aud[0] : aud
  if (sole !== issuer) throw invalidClient('assertion-audience', issuer, JSON.stringify(aud)?.slice(0, 200))
}

const assertTimes = (request: string, claims: AssertionClaims, now: number): void => {
  const { iat } = readPayload(request)
  if (!isTime(iat)) throw invalidClient('assertion-iat', 'the time it was made', 'none')
  claims.assertTimes(now, maximumLifetime)
}

export const createKeyRolloverProof = (deps: KeyRolloverDependencies): ProveRollover => {
  const { clientKeys, registry, issuers, useOnce, throttle, clock } = deps

  /** The key that signed, whatever became of it since: a retired one that goes on to sign is worth knowing of. */
  const signerOf = async (client: Client | undefined, request: string): Promise<KeyCredential> => {
    const header = readTypedAssertion(request, rolloverType)
    const candidates = client === undefined ? [] : clientKeys.signers(client, header)
    if (candidates.length === 0) {
      await verifyAssertion(request, header.algorithm, clientKeys.nobody(header.algorithm))
      throw invalidClient(client === undefined ? 'client-known' : 'assertion-signature', 'a key of this client')
    }
    for (const { credential, key } of candidates) {
      if (await verifyAssertion(request, header.algorithm, key)) return credential
    }
    throw invalidClient('assertion-signature', `a ${header.algorithm} key of this client`, header.kid)
  }

  const prove = async (
    workspace: Workspace,
    request: string,
    attempt: Attempt,
    tell: (clientId: string) => void,
  ): Promise<ProvenRollover> => {
    const claims = readAssertionClaims(request)
    if (claims.sub.length > maximumClientIdLength) throw invalidClient('client-id-length')
    tell(claims.sub)
    await throttle.admit(attempt, claims.sub)
    const issuer = issuers.of(workspace.key)
    const demanded = demandsOf(workspace)
    const client = await registry.client(workspace.key, claims.sub)
    const signer = await signerOf(client, request)
    if (client === undefined) throw invalidClient('client-known')
    const algorithms = assertionAlgorithms(workspace)
    if (!algorithms.includes(signer.algorithm)) {
      throw invalidClient('assertion-algorithm', algorithms.join(' '), signer.algorithm)
    }
    assertTimes(request, claims, clock.now())
    assertAudience(claims.aud, issuer, demanded)
    assertMayEnter(client, demanded, attempt.address)
    const next = await readNextKey(readPayload(request).next_key, {
      client: client.id,
      issuer,
      present: signer.jwk as JWK,
      algorithms,
    })
    const digest = sha256(JSON.stringify(['client-key-rollover', workspace.key, client.id, claims.jti]))
    assertFirst(
      await useOnce({
        digest: digest.toString('base64url'),
        expires: (claims.exp + clockLeeway) * 1000,
        earliest: claims.earliest,
      }),
    )
    throttle.proven(attempt)
    return { client, signer: signer.id, next }
  }

  return async (workspace, request, address, tell) => {
    const attempt = throttle.attempt(workspace.key, address)
    try {
      return await prove(workspace, request, attempt, tell)
    } catch (error) {
      throttle.failed(attempt, error)
      throw error
    }
  }
}
