import { type Static, Type } from 'typebox'
import { committed, displayName, enabled, id, object, pageOf, revision, searchQuery } from './common.ts'

const issuer = Type.String({
  minLength: 1,
  maxLength: 512,
  description: 'The `iss` of its tokens, to the letter; or a SPIFFE trust domain, such as spiffe://example.org',
})

const optional = {
  displayName,
  enabled,
  audiences: Type.Array(Type.String({ minLength: 1, maxLength: 512 }), {
    maxItems: 20,
    description: 'What its tokens may be for; none: the issuer of the workspace',
  }),
  algorithms: Type.Array(Type.String(), { maxItems: 20, description: 'What its tokens may be signed with' }),
  maximumLifetime: Type.Integer({
    minimum: 1,
    maximum: 31_536_000,
    description: 'Seconds until a token, or an X.509-SVID, ends, at the most; default 86400',
  }),
  singleUse: Type.Boolean({ description: 'Whether each token counts once, by its `jti`; default false' }),
  boundLifetime: Type.Boolean({
    description: 'Whether what is issued for a token ends when that one does; default false',
  }),
}

const uri = Type.String({ maxLength: 2000, description: 'A key set, or a SPIFFE bundle endpoint: https' })
const discovery = object({ type: Type.Literal('discovery') })
const jwksUri = object({ type: Type.Literal('jwks-uri'), uri })

/** Where the keys of an issuer are, as it is given. */
const keysInput = Type.Union([
  discovery,
  jwksUri,
  object({
    type: Type.Literal('jwks'),
    jwks: Type.Record(Type.String(), Type.Unknown(), {
      description: 'A JSON Web Key Set (RFC 7517), or a SPIFFE bundle',
    }),
  }),
])

export const trust = object({
  id: Type.String(),
  issuer,
  keys: Type.Union([
    discovery,
    jwksUri,
    object({
      type: Type.Literal('jwks'),
      keys: Type.Array(
        object({ algorithm: Type.String(), kid: Type.String(), jwk: Type.Record(Type.String(), Type.String()) }),
      ),
      authorities: Type.Optional(
        Type.Array(Type.String({ description: 'DER in base64' }), {
          description: 'Of a SPIFFE trust domain: the CAs of its X.509-SVIDs',
        }),
      ),
    }),
  ]),
  ...optional,
  revision,
})
export type TrustView = Static<typeof trust>

const given = Type.Partial(object(optional)).properties

/** A trust without its id: what a declarative document says of it. */
export const trustDefinition = object({ issuer, keys: keysInput, ...given })
export type TrustDefinition = Static<typeof trustDefinition>

export const trustInput = object({ id, issuer, keys: keysInput, ...given })
export type TrustInput = Static<typeof trustInput>

export const trustPatch = object({ issuer: Type.Optional(issuer), keys: Type.Optional(keysInput), ...given })
export type TrustPatch = Static<typeof trustPatch>

const path = '/workspaces/{tenant}/{workspace}/trusts'

export const trustOperations = {
  listTrusts: {
    name: 'listTrusts',
    method: 'GET',
    path,
    scope: 'read',
    summary: 'List the platforms whose tokens count in a workspace.',
    query: searchQuery,
    status: 200,
    result: pageOf(trust),
  },
  createTrust: {
    name: 'createTrust',
    method: 'POST',
    path,
    scope: 'secrets',
    summary: 'Trust an issuer of platform tokens. It lets nobody in until a client names it.',
    input: trustInput,
    status: 201,
    result: trust,
    example: {
      id: 'github',
      issuer: 'https://token.actions.githubusercontent.com',
      keys: { type: 'discovery' },
    },
  },
  showTrust: {
    name: 'showTrust',
    method: 'GET',
    path: `${path}/{trust}`,
    scope: 'read',
    summary: 'Show a trust.',
    status: 200,
    result: trust,
  },
  updateTrust: {
    name: 'updateTrust',
    method: 'PATCH',
    path: `${path}/{trust}`,
    scope: 'secrets',
    summary: 'Change the members given; the others stay.',
    input: trustPatch,
    status: 200,
    result: trust,
    example: { maximumLifetime: 3600, boundLifetime: true },
  },
  deleteTrust: {
    name: 'deleteTrust',
    method: 'DELETE',
    path: `${path}/{trust}`,
    scope: 'secrets',
    summary: 'Delete a trust that no client names any more.',
    status: 200,
    result: committed,
  },
} as const
