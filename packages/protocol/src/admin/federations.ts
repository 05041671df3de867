import { type Static, Type } from 'typebox'
import { committed, id, object, pageOf, revision, time } from './common.ts'
import { credentialLife, staged } from './credential-life.ts'

const claim = Type.String({
  minLength: 1,
  maxLength: 256,
  description: 'The name of a claim, or a JSON pointer (RFC 6901) to a nested one: /kubernetes.io/namespace',
})
const text = Type.String({ minLength: 1, maxLength: 1024 })

/** What a claim must be, character by character. */
export const claimMatcher = Type.Union([
  object({ claim, equals: Type.Union([text, Type.Number(), Type.Boolean()]) }),
  object({ claim, prefix: text }),
  object({
    claim,
    glob: Type.String({ minLength: 1, maxLength: 256, description: '* any text without / and :, ** any' }),
  }),
])
export type ClaimMatcherInput = Static<typeof claimMatcher>

const match = Type.Array(claimMatcher, {
  minItems: 1,
  maxItems: 50,
  description: 'All must hold; one of them must match sub, or another claim that says which workload it is, exactly',
})

/** A workload of a platform that is the client. */
export const federationInput = object({ trust: id, match, expires: Type.Optional(time), staged })
export type FederationInput = Static<typeof federationInput>

export const federation = object({
  id: Type.String(),
  trust: Type.String(),
  match: Type.Array(claimMatcher),
  warnings: Type.Array(Type.String({ description: 'What is allowed and worth a thought' })),
  created: time,
  ...credentialLife,
  revision,
})
export type FederationView = Static<typeof federation>

/** What became of a token that was looked at. */
export const federationTest = object({
  outcome: Type.Union([Type.Literal('client'), Type.Literal('refused'), Type.Literal('undecided')], {
    description: 'undecided: keys cannot be had at the moment',
  }),
  client: Type.Optional(Type.String({ description: 'Who the token would be' })),
  reason: Type.Optional(Type.String({ description: 'Why it would be nobody' })),
  token: Type.Optional(
    object({ issuer: Type.String(), subject: Type.String(), audience: Type.Unknown(), expires: Type.Optional(time) }),
  ),
  trusts: Type.Array(
    object({
      trust: Type.String(),
      problem: Type.Optional(Type.String({ description: 'Why the token is not of it' })),
    }),
  ),
  clients: Type.Array(
    object({
      client: Type.String(),
      federation: Type.String(),
      matched: Type.Boolean(),
      problems: Type.Array(Type.String({ description: 'Why the client could not come in though it matched' })),
      matchers: Type.Array(
        object({ matcher: claimMatcher, holds: Type.Boolean(), received: Type.Optional(Type.Unknown()) }),
      ),
    }),
  ),
})
export type FederationTest = Static<typeof federationTest>

const path = '/workspaces/{tenant}/{workspace}/clients/{client}/federations'

export const federationOperations = {
  listFederations: {
    name: 'listFederations',
    method: 'GET',
    path,
    scope: 'read',
    summary: 'List the workloads of platforms that are a client.',
    status: 200,
    result: pageOf(federation),
  },
  createFederation: {
    name: 'createFederation',
    method: 'POST',
    path,
    scope: 'secrets',
    summary: 'Make a workload of a platform a client; the others stay.',
    input: federationInput,
    status: 201,
    result: federation,
    example: { trust: 'cluster', match: [{ claim: 'sub', equals: 'system:serviceaccount:billing:invoices' }] },
  },
  deleteFederation: {
    name: 'deleteFederation',
    method: 'DELETE',
    path: `${path}/{federation}`,
    scope: 'secrets',
    summary: 'Take a workload from a client: it is the client no more from the next request on.',
    status: 200,
    result: committed,
  },
  testFederation: {
    name: 'testFederation',
    method: 'POST',
    path: '/workspaces/{tenant}/{workspace}/federation/test',
    scope: 'read',
    summary:
      'Say which client a token of a platform, or an X.509-SVID, would be, and why not the others; uses nothing up.',
    input: object({
      token: Type.String({
        minLength: 1,
        maxLength: 16_384,
        description: 'The token; or certificates as PEM, that of the workload first',
      }),
    }),
    status: 200,
    result: federationTest,
    example: { token: 'eyJ…' },
  },
} as const
