import { resolve } from 'node:path'
import {
  type Credential,
  clientSecretBasic,
  clientSecretPost,
  type PrivateKey,
  privateKeyJwt,
  tokenSource,
} from '@mintmark/client'
import { federatedToken, tokenFromFile } from '@mintmark/client/federation'
import { certificateFromFiles, mutualTls } from '@mintmark/client/node'
import { defineCommand } from '../../command.ts'
import { dataDirectory, readAdministrator, readDemo } from '../../connection/data-directory.ts'
import { firstLine, readTextFile } from '../../connection/read-file.ts'
import { secretSetting, setting } from '../../connection/secret-setting.ts'
import { trustCertificates } from '../../connection/trust.ts'
import { failed, usageFailure } from '../../failure.ts'
import type { Environment } from '../../terminal/terminal.ts'

const methods = { basic: clientSecretBasic, post: clientSecretPost } as const

type Who = { readonly issuer: string; readonly clientId: string; readonly credential: Credential }

type Flags = {
  readonly issuer: string | undefined
  readonly clientId: string | undefined
  readonly secretFile: string | undefined
  readonly keyFile: string | undefined
  readonly platformFile: string | undefined
  readonly certificate: { readonly certFile: string; readonly keyFile: string } | undefined
  readonly method: keyof typeof methods
  readonly directory: string
}

/** Issuer, client and secret: as told, or the demo's where nothing is told but the client. */
const findClient = (flags: Flags, environment: Environment, cwd: string): Who => {
  const { clientId, secretFile, keyFile, platformFile, certificate, directory } = flags
  const issuer = flags.issuer ?? setting(environment, 'MINTMARK_ISSUER')
  const secret =
    secretFile === undefined
      ? secretSetting(environment, 'MINTMARK_CLIENT_SECRET', cwd)
      : firstLine(readTextFile(secretFile, cwd))
  if (clientId === undefined) throw usageFailure('which client? Name it: mintmark token get CLIENT')
  const demo = issuer === undefined || secret === undefined ? readDemo(directory) : undefined
  const demoSecret = demo !== undefined && Object.hasOwn(demo.clients, clientId) ? demo.clients[clientId] : undefined
  const found = {
    issuer: issuer ?? (demoSecret === undefined ? undefined : demo?.issuer),
    secret: secret ?? demoSecret,
  }
  if (found.issuer === undefined) {
    const known = demo === undefined ? [] : Object.keys(demo.clients)
    throw usageFailure(
      `where does "${clientId}" get its tokens? Name the --issuer`,
      known.length === 0 ? 'or set MINTMARK_ISSUER' : `without it, the demo's clients: ${known.join(', ')}`,
    )
  }
  if (keyFile !== undefined) {
    return { issuer: found.issuer, clientId, credential: privateKeyJwt({ key: readPrivateKey(keyFile, cwd) }) }
  }
  if (platformFile !== undefined) {
    const token = tokenFromFile(resolve(cwd, platformFile))
    return { issuer: found.issuer, clientId, credential: federatedToken({ token }) }
  }
  if (certificate !== undefined) {
    return { issuer: found.issuer, clientId, credential: mutualTls({ certificate: certificateFromFiles(certificate) }) }
  }
  if (found.secret === undefined || found.secret === '') {
    throw usageFailure(
      `the secret of "${clientId}" is missing`,
      'name its --client-secret-file, or set MINTMARK_CLIENT_SECRET or MINTMARK_CLIENT_SECRET_FILE',
    )
  }
  return { issuer: found.issuer, clientId, credential: methods[flags.method](found.secret) }
}

/** @throws CommandFailure when the file holds no JWK */
const readPrivateKey = (file: string, cwd: string): PrivateKey => {
  try {
    const jwk: unknown = JSON.parse(readTextFile(file, cwd))
    if (typeof jwk === 'object' && jwk !== null) return jwk as PrivateKey
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw failed(`${file} is not a private key as JWK`)
}

/** @throws CommandFailure unless both files are named, or neither */
const certificateFiles = (
  options: Readonly<Record<'client-certificate-file' | 'client-certificate-key-file', string | undefined>>,
  cwd: string,
): Flags['certificate'] => {
  const { 'client-certificate-file': cert, 'client-certificate-key-file': key } = options
  if (cert === undefined && key === undefined) return undefined
  if (cert === undefined || key === undefined) {
    throw usageFailure('--client-certificate-file and --client-certificate-key-file go together')
  }
  return { certFile: resolve(cwd, cert), keyFile: resolve(cwd, key) }
}

export const tokenGet = defineCommand({
  name: 'token get',
  summary: 'Get a token as a client would, by client credentials',
  details:
    'Prints the token and nothing else, so that it can be piped. The secret is never an argument: it comes from a file or\nfrom the environment. Clients of the demo need only their name.',
  operands: { client: { optional: true, summary: 'The client id' } },
  options: {
    issuer: { type: 'text', value: 'URL', summary: 'Who issues the token (MINTMARK_ISSUER)' },
    'client-id': { type: 'text', value: 'ID', summary: 'The client id, as a flag (MINTMARK_CLIENT_ID)' },
    'client-secret-file': {
      type: 'text',
      value: 'FILE',
      summary: 'File with the secret (MINTMARK_CLIENT_SECRET, MINTMARK_CLIENT_SECRET_FILE)',
    },
    'client-key-file': {
      type: 'text',
      value: 'FILE',
      summary: 'File with a private key as JWK, to prove the client by private_key_jwt instead',
    },
    'platform-token-file': {
      type: 'text',
      value: 'FILE',
      summary: 'File with a token of the platform the client runs on, such as a projected one of Kubernetes',
    },
    'client-certificate-file': {
      type: 'text',
      value: 'FILE',
      summary: 'Certificate in PEM, to prove the client by mutual TLS instead; needs --client-certificate-key-file',
    },
    'client-certificate-key-file': { type: 'text', value: 'FILE', summary: 'Its private key, in PEM' },
    scope: { type: 'text', value: 'SCOPE', many: true, summary: 'A scope to ask for; without it the default ones' },
    resource: { type: 'text', value: 'URI', many: true, summary: 'Audience of the API the token is for (RFC 8707)' },
    method: {
      type: 'text',
      value: 'METHOD',
      choices: ['basic', 'post'],
      summary: 'How to send the secret: in the Authorization header or in the body',
    },
    'data-dir': {
      type: 'text',
      value: 'DIR',
      summary: 'Data directory of a server on this machine (MINTMARK_DATA_DIR, else ./mintmark-data)',
    },
    'ca-file': { type: 'text', value: 'FILE', summary: 'Certificate to trust for https, in PEM (MINTMARK_CA_FILE)' },
  },
  examples: [
    { line: 'mintmark token get weather-website', says: "a token for the demo's website" },
    {
      line: 'mintmark token get billing --issuer https://auth.example/acme/payments --client-secret-file secret.txt --scope orders:read',
      says: 'a token for a client of any issuer',
    },
    {
      line: 'curl -H "Authorization: Bearer $(mintmark token get weather-website)" http://localhost:6751/weatherforecast',
      says: 'call an API with it',
    },
  ],
  run: async ({ operands, options, environment, cwd, output }) => {
    if (operands.client !== undefined && options['client-id'] !== undefined) {
      throw usageFailure('the client is named twice')
    }
    const proofs = ['client-secret-file', 'client-key-file', 'platform-token-file', 'client-certificate-file'] as const
    const named = proofs.filter((name) => options[name] !== undefined).map((name) => `--${name}`)
    if (named.length > 1) throw usageFailure(`${named.join(' and ')} exclude each other`)
    const certificate = certificateFiles(options, cwd)
    const directory = dataDirectory(options['data-dir'], environment, cwd)
    const who = findClient(
      {
        issuer: options.issuer,
        clientId: operands.client ?? options['client-id'] ?? setting(environment, 'MINTMARK_CLIENT_ID'),
        secretFile: options['client-secret-file'],
        keyFile: options['client-key-file'],
        platformFile: options['platform-token-file'],
        certificate,
        method: (options.method as keyof typeof methods | undefined) ?? 'basic',
        directory,
      },
      environment,
      cwd,
    )
    if (who.issuer.startsWith('https:')) {
      const named = options['ca-file'] ?? setting(environment, 'MINTMARK_CA_FILE')
      const caFile = named ?? readAdministrator(directory)?.caFile
      if (caFile !== undefined) trustCertificates(caFile, cwd)
    }
    const source = tokenSource({
      issuer: who.issuer,
      clientId: who.clientId,
      credential: who.credential,
      scope: options.scope,
      resource: options.resource,
      // A person waits for the answer: what is wrong is said at once.
      attempts: 1,
    })
    const token = await source.token()
    output.result(
      { access_token: token.value, token_type: 'Bearer', expires_in: token.lifetime, scope: token.scopes.join(' ') },
      () => `${token.value}\n`,
    )
    return undefined
  },
})
