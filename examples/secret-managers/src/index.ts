export { secretFromAws } from './aws-secrets-manager.ts'
export { secretFromAzure } from './azure-key-vault.ts'
export { appRole, kubernetes, secretFromVault, type VaultLogin, type VaultSecret } from './hashicorp-vault.ts'
export { secretFromMount } from './mounted-files.ts'
