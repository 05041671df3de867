import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type { Credential, Secret } from '@mintmark/client'

/** A secret of AWS Secrets Manager: the current version, and the one before it while a rotation is under way. */
export const secretFromAws = (manager: SecretsManagerClient, secretId: string): Credential => [
  version(manager, secretId, 'AWSCURRENT'),
  version(manager, secretId, 'AWSPREVIOUS'),
]

const version =
  (manager: SecretsManagerClient, SecretId: string, VersionStage: string): Secret =>
  async (abortSignal) => {
    const { SecretString } = await manager.send(new GetSecretValueCommand({ SecretId, VersionStage }), { abortSignal })
    return SecretString ?? ''
  }
