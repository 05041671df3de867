import { TokenError } from '../errors.ts'
import { askPlatform, platformUrl, textMember } from './ask-platform.ts'
import { type AwsCredentials, signedHeaders } from './aws-signature.ts'
import { type Environment, processEnvironment, variable } from './environment.ts'
import type { PlatformToken } from './federated-token.ts'
import { tokenFromFile } from './token-from-file.ts'

export interface AwsTokenOptions {
  /** Where the role is used, such as `eu-west-1`. Default: `AWS_REGION`, then `AWS_DEFAULT_REGION`. */
  readonly region?: string | undefined
  /**
   * What requests are signed with; a function such as `fromNodeProviderChain()` of the AWS SDK. Default: the variables of
   * the environment (Lambda), then the endpoint for containers (ECS, EKS Pod Identity).
   */
  readonly credentials?: (() => Promise<AwsCredentials>) | undefined
  /** Seconds the token lives. Default 300. */
  readonly lifetime?: number | undefined
  /** Where STS answers. Default: that of the region. */
  readonly endpoint?: string | undefined
  /** Default: that of the process. */
  readonly environment?: Environment | undefined
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly currentTime?: (() => number) | undefined
}

const containerService = 'http://169.254.170.2'
const what = 'The security token service of AWS'

/** The token of a role of AWS, by STS GetWebIdentityToken; the account has outbound identity federation switched on. */
export const awsToken =
  (options: AwsTokenOptions = {}): PlatformToken =>
  async ({ audience, signal }) => {
    const { environment = processEnvironment(), lifetime = 300, currentTime = Date.now, fetch } = options
    const region =
      options.region ?? environment.AWS_REGION ?? variable(environment, 'AWS_DEFAULT_REGION', 'which region is it?')
    if (!/^[a-z0-9-]{1,40}$/.test(region))
      throw new TokenError('invalid_configuration', 'The region of AWS is malformed')
    const url = platformUrl(options.endpoint ?? `https://sts.${region}.amazonaws.com/`, 'The endpoint of STS')
    const credentials = await (options.credentials?.() ?? credentialsOf(environment, signal, fetch))
    const body = new URLSearchParams([
      ['Action', 'GetWebIdentityToken'],
      ['Version', '2011-06-15'],
      ['Audience.member.1', audience],
      ['DurationSeconds', String(lifetime)],
      ['SigningAlgorithm', 'ES384'],
    ]).toString()
    const headers = await signedHeaders({ url, body, region, service: 'sts', credentials, time: currentTime() })
    const { text } = await askPlatform({ what, url, method: 'POST', headers, body, fetch })
    const [, token] = /<WebIdentityToken>([A-Za-z0-9_.-]+)<\/WebIdentityToken>/.exec(text) ?? []
    if (token === undefined) throw new TokenError('secret_unavailable', `${what} answered without a token`)
    return token
  }

async function credentialsOf(
  environment: Environment,
  signal: AbortSignal,
  fetch: typeof globalThis.fetch | undefined,
): Promise<AwsCredentials> {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = environment
  if (accessKeyId && secretAccessKey) {
    return { accessKeyId, secretAccessKey, sessionToken: environment.AWS_SESSION_TOKEN || undefined }
  }
  const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: path, AWS_CONTAINER_CREDENTIALS_FULL_URI: full } = environment
  if (!path && !full) {
    throw new TokenError('secret_unavailable', 'The environment has no credentials of AWS: pass `credentials`')
  }
  const service = 'The credentials endpoint of AWS'
  const url = platformUrl(path ? `${containerService}${path}` : (full ?? ''), 'AWS_CONTAINER_CREDENTIALS_FULL_URI')
  const file = environment.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE
  const authorization = file
    ? await tokenFromFile(file)({ audience: '', signal })
    : environment.AWS_CONTAINER_AUTHORIZATION_TOKEN
  const headers: Record<string, string> = authorization ? { authorization } : {}
  const answer = await askPlatform({ what: service, url, headers, fetch })
  return {
    accessKeyId: textMember(answer, 'AccessKeyId', service),
    secretAccessKey: textMember(answer, 'SecretAccessKey', service),
    sessionToken: textMember(answer, 'Token', service),
  }
}
