import { readFile } from 'node:fs/promises'
import type { Credential } from '@mintmark/client'

/** Where a secret lies in the key-value engine, version 2, of HashiCorp Vault. */
export interface VaultSecret {
  /** Such as https://vault.example:8200. */
  readonly address: string
  /** Where the engine is mounted, such as `secret`. */
  readonly mount: string
  readonly path: string
  /** Which member of the data is the client secret. */
  readonly member: string
  readonly login: VaultLogin
}

/** How a program shows Vault who it is: the login endpoint and what is posted there. */
export interface VaultLogin {
  readonly path: string
  readonly body: () => Promise<Readonly<Record<string, string>>>
}

export const appRole = (roleId: string, secretId: () => Promise<string>): VaultLogin => ({
  path: 'auth/approle/login',
  body: async () => ({ role_id: roleId, secret_id: await secretId() }),
})

/** Inside a pod: its service account's token, which Kubernetes replaces in the file. */
export const kubernetes = (
  role: string,
  tokenFile = '/var/run/secrets/kubernetes.io/serviceaccount/token',
): VaultLogin => ({
  path: 'auth/kubernetes/login',
  body: async () => ({ role, jwt: (await readFile(tokenFile, 'utf8')).trim() }),
})

/** A secret of HashiCorp Vault: the newest version, and the one before it while a rotation is under way. */
export const secretFromVault = ({ address, mount, path, member, login }: VaultSecret): Credential => {
  const call = async (route: string, init: RequestInit) => {
    const response = await fetch(`${address}/v1/${route}`, { ...init, redirect: 'error' })
    // What Vault says of a failure is for its own log; what it says of success is a secret.
    if (!response.ok) throw new Error(`Vault answered ${response.status} to ${route}`)
    return response.json()
  }
  const logIn = async (signal: AbortSignal): Promise<string> => {
    const { auth } = await call(login.path, { method: 'POST', body: JSON.stringify(await login.body()), signal })
    return auth.client_token
  }
  const read = async (vaultToken: string, signal: AbortSignal, version = 0) => {
    const headers = { 'X-Vault-Token': vaultToken }
    // Version 0 is the newest.
    const { data } = await call(`${mount}/data/${path}?version=${version}`, { headers, signal })
    return { secret: String(data.data[member] ?? ''), version: Number(data.metadata.version) }
  }
  return [
    async (signal) => (await read(await logIn(signal), signal)).secret,
    async (signal) => {
      const vaultToken = await logIn(signal)
      const { version } = await read(vaultToken, signal)
      return version > 1 ? (await read(vaultToken, signal, version - 1)).secret : ''
    },
  ]
}
