import { askPlatform, platformUrl, textMember } from './ask-platform.ts'
import { type Environment, processEnvironment, variable } from './environment.ts'
import type { PlatformToken } from './federated-token.ts'
import { tokenFromFile } from './token-from-file.ts'

export interface AzureManagedIdentityTokenOptions {
  /** Application ID URI in Entra that tokens are for, such as `api://mintmark`: an audience of the trust. */
  readonly resource: string
  /** Of a user-assigned identity; without it the system-assigned one. */
  readonly clientId?: string | undefined
  /** Default: that of the process, of which `IDENTITY_ENDPOINT` and `IDENTITY_HEADER` are read. */
  readonly environment?: Environment | undefined
  readonly fetch?: typeof globalThis.fetch | undefined
}

const metadataService = 'http://169.254.169.254/metadata/identity/oauth2/token'
const what = 'The managed identity service of Azure'

/**
 * The token of a managed identity of Azure: of a virtual machine (IMDS), or of App Service, Functions and Container Apps,
 * which name their own endpoint. Entra issues tokens for registered applications only, so the audience is `resource`.
 */
export const azureManagedIdentityToken =
  ({ resource, clientId, environment, fetch }: AzureManagedIdentityTokenOptions): PlatformToken =>
  async () => {
    const { IDENTITY_ENDPOINT: endpoint, IDENTITY_HEADER: header } = environment ?? processEnvironment()
    const own = endpoint !== undefined && header !== undefined
    const url = platformUrl(own ? endpoint : metadataService, 'IDENTITY_ENDPOINT')
    url.searchParams.set('api-version', own ? '2019-08-01' : '2018-02-01')
    url.searchParams.set('resource', resource)
    if (clientId !== undefined) url.searchParams.set('client_id', clientId)
    const headers: Record<string, string> = own ? { 'x-identity-header': header } : { metadata: 'true' }
    return textMember(await askPlatform({ what, url, headers, fetch }), 'access_token', what)
  }

/** The service-account token that workload identity puts into a pod of AKS; its audience is `api://AzureADTokenExchange`. */
export const azureWorkloadIdentityToken =
  ({ environment }: { readonly environment?: Environment | undefined } = {}): PlatformToken =>
  (request) => {
    const hint = 'is the pod labelled azure.workload.identity/use?'
    return tokenFromFile(variable(environment ?? processEnvironment(), 'AZURE_FEDERATED_TOKEN_FILE', hint))(request)
  }
