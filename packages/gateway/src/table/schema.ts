import { type Static, Type } from 'typebox'

/** What the members of a route table are. Each description completes the sentence “it must be …”. */
const strict = { additionalProperties: false }

const scopeList = Type.Array(Type.String({ pattern: '^[\\x21\\x23-\\x5b\\x5d-\\x7e]+$', maxLength: 256 }), {
  uniqueItems: true,
  maxItems: 100,
  description: 'a list of scopes, each once',
})

const verification = Type.Enum(['offline', 'introspection', 'by-format'], {
  description: 'offline, introspection or by-format',
})

const secretReference = Type.Union([
  Type.Object({ env: Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]*$' }) }, strict),
  Type.Object({ file: Type.String({ minLength: 1 }) }, strict),
])

const secretReferences = Type.Union([secretReference, Type.Array(secretReference, { minItems: 1, maxItems: 2 })], {
  description:
    '{ env: NAME } or { file: PATH }, or a list of two, the newer first: a secret never stands in the table itself',
})

const keys = Type.Union(
  [
    Type.Object({ jwksUri: Type.String() }, strict),
    Type.Object({ jwksFile: Type.String({ minLength: 1 }) }, strict),
    Type.Object({ jwks: Type.Object({ keys: Type.Array(Type.Record(Type.String(), Type.Unknown())) }) }, strict),
  ],
  { description: '{ jwksUri: URL }, { jwksFile: PATH } or { jwks: KEY SET }' },
)

const issuer = Type.Object(
  {
    issuer: Type.String({
      description: 'the issuer as the authorization server writes it: https, or http to this machine',
    }),
    introspection: Type.Optional(
      Type.Object(
        {
          clientId: Type.String({ minLength: 1, description: 'the id of a client that may introspect' }),
          clientSecret: secretReferences,
          maximumAge: Type.Optional(
            Type.Number({ minimum: 0, maximum: 3600, description: 'the seconds an answer is used again, 0 to 3600' }),
          ),
        },
        { ...strict, description: 'a map of clientId and clientSecret' },
      ),
    ),
    verification: Type.Optional(verification),
    algorithms: Type.Optional(
      Type.Array(Type.String(), { minItems: 1, uniqueItems: true, description: 'a list of signature algorithms' }),
    ),
    keys: Type.Optional(keys),
    opaquePrefix: Type.Optional(
      Type.String({ minLength: 1, description: "what this issuer's opaque tokens begin with" }),
    ),
    audiences: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        description: 'a list of the audiences this issuer may issue tokens for',
      }),
    ),
  },
  { ...strict, description: 'a map that describes one issuer' },
)

const headerName = "^[!#$%&'*+\\-.^_`|~0-9A-Za-z]+$"

const route = Type.Object(
  {
    path: Type.String({ description: 'a path pattern such as /reports/{id} or /files/**' }),
    host: Type.Optional(
      Type.String({
        pattern: '^[a-z0-9.-]+$|^\\[[0-9a-f:.]+\\]$',
        description: 'a host name in lower case, without a port',
      }),
    ),
    methods: Type.Optional(
      Type.Array(Type.String({ pattern: '^[A-Z]+(?:-[A-Z]+)*$', description: 'an HTTP method in capitals' }), {
        minItems: 1,
        uniqueItems: true,
        description: 'a list of HTTP methods in capitals',
      }),
    ),
    public: Type.Optional(Type.Literal(true, { description: 'true, or left out' })),
    audience: Type.Optional(Type.String({ minLength: 1, description: 'what the API is called in the aud of a token' })),
    scopes: Type.Optional(
      Type.Union([scopeList, Type.Object({ all: Type.Optional(scopeList), any: Type.Optional(scopeList) }, strict)], {
        description: 'a list of scopes, or a map of all and any with a list each',
      }),
    ),
    verification: Type.Optional(verification),
    swap: Type.Optional(Type.Literal('jwt', { description: 'jwt' })),
    headers: Type.Optional(
      Type.Record(Type.String({ pattern: headerName }), Type.String({ pattern: '^[\\x20-\\x7e]*$' }), {
        ...strict,
        description: 'a map of header names and their values in printable ASCII',
      }),
    ),
  },
  { ...strict, description: 'a map that describes one route' },
)

export const tableSchema = Type.Object(
  {
    issuers: Type.Array(issuer, { description: 'a list of issuers' }),
    audience: Type.Optional(
      Type.String({ minLength: 1, description: 'the audience of every route that does not name its own' }),
    ),
    overrideHeaders: Type.Optional(
      Type.Enum(['refuse', 'ignore'], { description: 'refuse, or ignore for APIs that honour none of them' }),
    ),
    headerPrefix: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*-$',
        description: 'the beginning of a header name, ending in a hyphen',
      }),
    ),
    routes: Type.Array(route, { minItems: 1, maxItems: 2000, description: 'a list of 1 to 2000 routes' }),
  },
  { ...strict, description: 'a map with issuers and routes' },
)

export type TableDocument = Static<typeof tableSchema>
export type IssuerDocument = Static<typeof issuer>
export type SecretReference = Static<typeof secretReference>
export type RouteDocument = Static<typeof route>
