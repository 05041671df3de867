export { type AwsTokenOptions, awsToken } from './aws.ts'
export type { AwsCredentials } from './aws-signature.ts'
export {
  type AzureManagedIdentityTokenOptions,
  azureManagedIdentityToken,
  azureWorkloadIdentityToken,
} from './azure.ts'
export type { Environment } from './environment.ts'
export {
  type FederatedTokenOptions,
  federatedToken,
  type PlatformToken,
  type PlatformTokenRequest,
} from './federated-token.ts'
export { type GithubActionsTokenOptions, githubActionsToken } from './github-actions.ts'
export { type GoogleCloudTokenOptions, googleCloudToken } from './google-cloud.ts'
export { tokenFromFile } from './token-from-file.ts'
