import type { SecretClient, SecretProperties } from '@azure/keyvault-secrets'
import type { Credential } from '@mintmark/client'

/** A secret of Azure Key Vault: the newest version, and the enabled one before it while a rotation is under way. */
export const secretFromAzure = (vault: SecretClient, name: string): Credential => [
  async (abortSignal) => (await vault.getSecret(name, { abortSignal })).value ?? '',
  async (abortSignal) => {
    const enabled: SecretProperties[] = []
    for await (const version of vault.listPropertiesOfSecretVersions(name, { abortSignal })) {
      if (version.enabled) enabled.push(version)
    }
    const [, older] = enabled.sort((a, b) => Number(b.createdOn) - Number(a.createdOn))
    if (older?.version === undefined) return ''
    return (await vault.getSecret(name, { version: older.version, abortSignal })).value ?? ''
  },
]
