import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'

/** Claims or header of a token, made by hand. */
export type Part = Readonly<Record<string, unknown>>

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

const signers = {
  RS256: (input: Buffer, key: KeyObject) => sign('sha256', input, key),
  ES256: (input: Buffer, key: KeyObject) => sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' }),
  ES384: (input: Buffer, key: KeyObject) => sign('sha384', input, { key, dsaEncoding: 'ieee-p1363' }),
} as const

type Algorithm = keyof typeof signers

const makers = {
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
} as const

/** An issuer of platform tokens: signs what it is told, and has a key set. */
export type Platform = {
  readonly key: KeyObject
  readonly jwks: { readonly keys: readonly Part[] }
  /** A token with these claims; `header` is laid over what the platform writes. */
  readonly token: (claims: Part, header?: Part, key?: KeyObject) => string
}

/** @param jwkMembers what the platform writes beside the key, such as `use`; `alg` only where it does */
export const createPlatform = (
  algorithm: Algorithm,
  { kid = 'k1', header = {}, jwkMembers = {} }: { kid?: string; header?: Part; jwkMembers?: Part } = {},
): Platform => {
  const { publicKey, privateKey } = makers[algorithm]()
  return {
    key: privateKey,
    jwks: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', ...jwkMembers }] },
    token: (claims, more = {}, key = privateKey) => {
      const input = `${encode({ alg: algorithm, kid, ...header, ...more })}.${encode(claims)}`
      return `${input}.${signers[algorithm](Buffer.from(input), key).toString('base64url')}`
    },
  }
}

export type Moment = {
  /** Epoch seconds. */
  readonly now: number
  readonly audience: string
}

/** What tokens of each platform say, as their documentation and real tokens have it; names and numbers are made up. */
export const platformClaims = {
  /** A projected service-account token; `jti` since 1.29. */
  kubernetes: ({ now, audience }: Moment, issuer: string, more: Part = {}): Part => ({
    aud: [audience],
    exp: now + 3607,
    iat: now,
    iss: issuer,
    jti: randomUUID(),
    'kubernetes.io': {
      namespace: 'billing',
      node: { name: 'worker-1', uid: '5c3ad5b9-0000-4f0a-8b0c-0f7e3a8ad001' },
      pod: { name: 'invoices-7f4c9b-x2x9z', uid: '9f1cdb49-0000-47ee-a4d5-97d0d3a9c002' },
      serviceaccount: { name: 'invoices', uid: '1d1e2c9a-0000-4b62-9f0c-1a9b0a8ad003' },
    },
    nbf: now,
    sub: 'system:serviceaccount:billing:invoices',
    ...more,
  }),
  github: ({ now, audience }: Moment, issuer: string, more: Part = {}): Part => ({
    actor: 'octocat',
    actor_id: '583231',
    aud: audience,
    base_ref: '',
    environment: 'production',
    event_name: 'push',
    exp: now + 300,
    head_ref: '',
    iat: now,
    iss: issuer,
    job_workflow_ref: 'octo-org/app/.github/workflows/deploy.yml@refs/heads/main',
    jti: randomUUID(),
    nbf: now - 5,
    ref: 'refs/heads/main',
    ref_protected: 'true',
    ref_type: 'branch',
    repository: 'octo-org/app',
    repository_id: '456789',
    repository_owner: 'octo-org',
    repository_owner_id: '123456',
    repository_visibility: 'private',
    run_attempt: '1',
    run_id: '1234567890',
    run_number: '10',
    runner_environment: 'github-hosted',
    sub: 'repo:octo-org@123456/app@456789:environment:production',
    workflow: 'deploy',
    ...more,
  }),
  gitlab: ({ now, audience }: Moment, issuer: string, more: Part = {}): Part => ({
    aud: audience,
    exp: now + 3600,
    iat: now,
    iss: issuer,
    jti: randomUUID(),
    namespace_id: '72',
    namespace_path: 'my-group',
    nbf: now - 5,
    pipeline_id: '574',
    pipeline_source: 'push',
    project_id: '20',
    project_path: 'my-group/my-project',
    project_visibility: 'private',
    ref: 'main',
    ref_protected: 'true',
    ref_type: 'branch',
    runner_environment: 'gitlab-hosted',
    sub: 'project_path:my-group/my-project:ref_type:branch:ref:main',
    user_id: '1',
    ...more,
  }),
  /** STS GetWebIdentityToken. */
  aws: ({ now, audience }: Moment, issuer: string, more: Part = {}): Part => ({
    aud: audience,
    exp: now + 300,
    'https://sts.amazonaws.com/': {
      aws_account: '123456789012',
      org_id: 'o-abc1234567',
      principal_tags: { environment: 'production' },
      source_region: 'eu-west-1',
    },
    iat: now,
    iss: issuer,
    jti: randomUUID(),
    sub: 'arn:aws:iam::123456789012:role/Invoices',
    ...more,
  }),
  /** The metadata server, `format=full`. */
  gcp: ({ now, audience }: Moment, issuer: string, more: Part = {}): Part => ({
    aud: audience,
    azp: '113774264463038321964',
    email: 'invoices@my-project.iam.gserviceaccount.com',
    email_verified: true,
    exp: now + 3600,
    google: {
      compute_engine: {
        instance_creation_timestamp: 1_700_000_000,
        instance_id: '1234567890123456789',
        instance_name: 'invoices-1',
        project_id: 'my-project',
        project_number: 739_419_398_126,
        zone: 'europe-west1-b',
      },
    },
    iat: now,
    iss: issuer,
    sub: '113774264463038321964',
    ...more,
  }),
  /** A managed identity, or a workload of Entra, asking for a token of an application. */
  azure: ({ now, audience }: Moment, issuer: string, more: Part = {}): Part => ({
    aio: 'k2BgYPj+',
    appid: 'a1b2c3d4-0000-4000-8000-000000000001',
    appidacr: '2',
    aud: audience,
    exp: now + 86_395,
    iat: now,
    idp: issuer,
    idtyp: 'app',
    iss: issuer,
    nbf: now,
    oid: 'a1b2c3d4-0000-4000-8000-000000000002',
    sub: 'a1b2c3d4-0000-4000-8000-000000000002',
    tid: 'a1b2c3d4-0000-4000-8000-000000000003',
    uti: 'Zk9',
    ver: '1.0',
    ...more,
  }),
  /** A JWT-SVID has no `iss` (JWT-SVID §3); the servers of SPIRE write one. */
  spiffe: ({ now, audience }: Moment, more: Part = {}): Part => ({
    aud: [audience],
    exp: now + 300,
    iat: now,
    sub: 'spiffe://example.org/ns/billing/sa/invoices',
    ...more,
  }),
} as const
