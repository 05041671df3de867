import { clientSecretPrefix, openFormat } from '@mintmark/protocol'
import type { Change, ClientKeyInput, FederationInput, SecretInput } from '@mintmark/protocol/admin'
import { readMatcher, type SubjectMatcher } from '../certificates/subject-match.ts'
import type { WorkspaceKey } from '../domain/workspace.ts'
import { sha256 } from '../lib/digest.ts'
import { type Random, randomId } from '../lib/random.ts'
import { type CertifiedKey, readCertifiedKey } from './certified-key.ts'
import { ChangeRefused } from './change-refused.ts'
import { readClientCertificate } from './client-certificate.ts'
import { readClientKey } from './client-key.ts'
import { readImportedHash } from './imported-hash.ts'
import { type Body, type Place, rule } from './kinds/kind.ts'
import { isHttps, trustBody } from './trust-body.ts'

/** One step of a change set, ready to be applied and to be kept in a draft: no secret is in it, at the most a hash. */
export type Step =
  | { readonly action: 'create'; readonly place: Place; readonly body: Body }
  /** Members of `patch` replace those of the body; null takes one away. */
  | { readonly action: 'update'; readonly place: Place; readonly patch: Body }
  /** Makes it so, whatever it was. */
  | { readonly action: 'put'; readonly place: Place; readonly body: Body }
  | { readonly action: 'delete'; readonly place: Place }

/** A body of a secret that the server has still to make: done when the change set is committed. */
export const isToBeGenerated = (body: Body): boolean => body.generate === true

export const clientPlace = (id: string): Place => ({ kind: 'client', id, parent: '' })
export const apiPlace = (id: string): Place => ({ kind: 'api', id, parent: '' })
export const trustPlace = (id: string): Place => ({ kind: 'trust', id, parent: '' })
export const webhookPlace = (id: string): Place => ({ kind: 'webhook', id, parent: '' })
export const workspacePlace = (workspace: WorkspaceKey): Place => ({ kind: 'workspace', id: workspace, parent: '' })
export const credentialPlace = (client: string, id: string): Place => ({ kind: 'credential', id, parent: client })

/** Hashes a chosen secret slowly; a PHC string. */
export type HashSecret = (secret: string) => Promise<string>

const wrongSecret = (message: string): ChangeRefused => new ChangeRefused([rule(message)])

const chosenBody = async (value: string, hashSecret: HashSecret): Promise<Body> => {
  if (!value.isWellFormed()) throw wrongSecret('a secret must be well-formed Unicode')
  if (!value.startsWith(clientSecretPrefix)) {
    return { type: 'secret', hash: { kind: 'phc', phc: await hashSecret(value) }, hint: '' }
  }
  // One that another Mintmark generated has all its bits; anything else under the prefix would never be verified.
  if (openFormat(clientSecretPrefix, value) === undefined) {
    throw wrongSecret(`a secret that begins with ${clientSecretPrefix} must be one that was generated`)
  }
  return {
    type: 'secret',
    hash: { kind: 'sha256', digest: sha256(value).toString('base64url') },
    hint: value.slice(-4),
  }
}

const importedBody = (hash: string): Body => {
  const read = readImportedHash(hash)
  if ('wrong' in read) throw wrongSecret(`the hash cannot be imported: ${read.wrong}`)
  return { type: 'secret', hash: { kind: 'phc', phc: read.phc }, hint: '' }
}

/** When a new credential ends, and whether it waits to be made live. */
const timesOf = ({
  expires,
  staged,
}: {
  readonly expires?: string | undefined
  readonly staged?: boolean | undefined
}): Body => ({
  ...(expires === undefined ? {} : { expires: Date.parse(expires) }),
  ...(staged === true ? { staged: true } : {}),
})

/** The body of a new secret. @throws ChangeRefused */
export const secretBody = async (input: SecretInput, hashSecret: HashSecret): Promise<Body> => {
  const expires = timesOf(input)
  if (input.type === 'generated') return { type: 'secret', generate: true, hint: '', ...expires }
  const body = input.type === 'chosen' ? await chosenBody(input.value, hashSecret) : importedBody(input.hash)
  return { ...body, ...expires }
}

/** The body of a key or certificate of a client, or of the place where it publishes its keys. @throws ChangeRefused */
export const keyBody = (input: ClientKeyInput): Body => {
  const expires = timesOf(input)
  if (input.type === 'certificate-subject') return { type: input.type, ...matcherOf(input), ...expires }
  if (input.type === 'certificate') {
    const certificate = readClientCertificate(input)
    if ('wrong' in certificate) throw new ChangeRefused([rule(`the certificate cannot be taken: ${certificate.wrong}`)])
    return { type: input.type, ...certificate, ...expires }
  }
  if (input.type === 'key-set') return { type: 'key-set', uri: readKeySetUri(input.uri), ...expires }
  if ((input.jwk === undefined) === (input.certificate === undefined)) {
    throw new ChangeRefused([rule('the key cannot be taken: give one of jwk and certificate')])
  }
  if (input.certificate !== undefined) return { type: 'key', ...certifiedKeyOf(input, input.certificate) }
  if (input.algorithm !== undefined) {
    throw new ChangeRefused([rule('a JWK says its algorithm itself, in alg', '/algorithm')])
  }
  const key = readClientKey(input.jwk ?? {})
  if ('wrong' in key) throw new ChangeRefused([rule(`the key cannot be taken: ${key.wrong}`, '/jwk')])
  return { type: 'key', ...key, ...expires }
}

/** A key of a certificate ends with it, or earlier when that is said. */
const certifiedKeyOf = (
  { algorithm, expires }: Pick<Extract<ClientKeyInput, { readonly type: 'key' }>, 'algorithm' | 'expires'>,
  certificate: string,
): CertifiedKey => {
  const key = readCertifiedKey(certificate, algorithm)
  if ('wrong' in key) throw new ChangeRefused([rule(`the certificate cannot be taken: ${key.wrong}`, '/certificate')])
  if (expires === undefined) return key
  const wanted = Date.parse(expires)
  if (wanted <= key.expires) return { ...key, expires: wanted }
  const end = new Date(key.expires).toISOString()
  throw new ChangeRefused([rule(`the key ends with its certificate at the latest, on ${end}`, '/expires')])
}

const matcherOf = ({ match, value }: SubjectMatcher): SubjectMatcher => {
  const matcher = readMatcher({ match, value })
  if ('wrong' in matcher) throw new ChangeRefused([rule(`the value cannot be taken: ${matcher.wrong}`, '/value')])
  return matcher
}

/** The body of a workload of a platform that is the client. */
export const federationBody = ({ trust, match, expires, staged }: FederationInput): Body => ({
  type: 'federated',
  trust,
  match,
  ...timesOf({ expires, staged }),
})

const readKeySetUri = (text: string): string => {
  if (isHttps(text)) return text
  throw new ChangeRefused([rule('the URI of a key set is https, without user, password or fragment', '/uri')])
}

export const credentialIdLength = 10
const clientIdLength = 20

/** A body from what was given, without members that were given as null or not at all. */
export const bodyOf = (given: object): Body =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null && value !== undefined))

export type Preparation = { readonly random: Random; readonly hashSecret: HashSecret }

/** The step that makes a credential. */
export type Creation = Step & { readonly action: 'create' }

export const newCredential = async (client: string, input: SecretInput, deps: Preparation): Promise<Creation> => ({
  action: 'create',
  place: credentialPlace(client, randomId(deps.random, credentialIdLength)),
  body: await secretBody(input, deps.hashSecret),
})

export const newClientKey = (
  client: string,
  input: ClientKeyInput,
  { random }: Pick<Preparation, 'random'>,
): Creation => ({
  action: 'create',
  place: credentialPlace(client, randomId(random, credentialIdLength)),
  body: keyBody(input),
})

export const newFederation = (
  client: string,
  input: FederationInput,
  { random }: Pick<Preparation, 'random'>,
): Creation => ({
  action: 'create',
  place: credentialPlace(client, randomId(random, credentialIdLength)),
  body: federationBody(input),
})

const trustStep = (change: Extract<Change, { readonly kind: 'trust' }>): Step => {
  if (change.action === 'delete') return { action: 'delete', place: trustPlace(change.id) }
  if (change.action === 'update')
    return { action: 'update', place: trustPlace(change.id), patch: trustBody(change.value) }
  const { id, ...given } = change.value
  return { action: 'create', place: trustPlace(id), body: bodyOf(trustBody(given)) }
}

const webhookStep = (change: Extract<Change, { readonly kind: 'webhook' }>): Step => {
  if (change.action === 'delete') return { action: 'delete', place: webhookPlace(change.id) }
  if (change.action === 'update') return { action: 'update', place: webhookPlace(change.id), patch: change.value }
  const { id, ...given } = change.value
  return { action: 'create', place: webhookPlace(id), body: bodyOf(given) }
}

/** The steps a change of the admin API means. @throws ChangeRefused for a secret that cannot be kept */
export const prepareChange = async (
  workspace: WorkspaceKey,
  change: Change,
  deps: Preparation,
): Promise<readonly Step[]> => {
  if (change.kind === 'workspace') {
    return [{ action: 'update', place: workspacePlace(workspace), patch: change.value }]
  }
  if (change.kind === 'secret') {
    if (change.action === 'create') return [await newCredential(change.client, change.value, deps)]
    return [{ action: 'delete', place: credentialPlace(change.client, change.id) }]
  }
  if (change.kind === 'client-key') {
    if (change.action === 'create') return [newClientKey(change.client, change.value, deps)]
    return [{ action: 'delete', place: credentialPlace(change.client, change.id) }]
  }
  if (change.kind === 'federation') {
    if (change.action === 'create') return [newFederation(change.client, change.value, deps)]
    return [{ action: 'delete', place: credentialPlace(change.client, change.id) }]
  }
  if (change.kind === 'trust') return [trustStep(change)]
  if (change.kind === 'webhook') return [webhookStep(change)]
  const placeOf = change.kind === 'api' ? apiPlace : clientPlace
  if (change.action === 'delete') return [{ action: 'delete', place: placeOf(change.id) }]
  if (change.action === 'update') return [{ action: 'update', place: placeOf(change.id), patch: change.value }]
  if (change.kind === 'api') {
    const { id, ...given } = change.value
    return [{ action: 'create', place: apiPlace(id), body: bodyOf(given) }]
  }
  const { id = randomId(deps.random, clientIdLength), secret, ...given } = change.value
  const client: Step = { action: 'create', place: clientPlace(id), body: bodyOf(given) }
  return secret === undefined ? [client] : [client, await newCredential(id, secret, deps)]
}
