import { readdirSync, readFileSync } from 'node:fs'
import { type IssuerOptions, type ProtectedApi, type ProtectOptions, protect } from '@mintmark/resource-server'
import type { PrintedSignature, Settings, SettingsFile, Vector } from './vector.ts'

/** The conformance pack as it is published: read from its files, as anybody would. */
const folder = new URL('../../conformance/', import.meta.url)
const readJson = (path: string): unknown => JSON.parse(readFileSync(new URL(path, folder), 'utf8'))

export const { now, leeway, routes, gatewayRoutes, settings } = readJson('settings.json') as SettingsFile

export const vectorFiles: readonly string[] = readdirSync(new URL('vectors/', folder)).sort()

export const vectors: readonly Vector[] = vectorFiles.flatMap(
  (file) => (readJson(`vectors/${file}`) as { readonly vectors: readonly Vector[] }).vectors,
)

export const signatures = (readJson('signatures.json') as { readonly signatures: readonly PrintedSignature[] })
  .signatures

export const settingsNamed = (name: string): Settings => {
  const found = settings[name]
  if (found === undefined) throw new Error(`settings.json has no ${name}`)
  return found
}

/** Nothing is fetched: keys are given, and what a token names is not asked for. */
const noFetch = () => Promise.reject(new Error('Nothing is to be fetched'))

/** The options of `protect` that are what an entry of the settings says. */
export function protectOptions(name: string, fetch: typeof globalThis.fetch = noFetch): ProtectOptions {
  const { audience, realm, resourceMetadata, issuers } = settingsNamed(name)
  return {
    issuer: issuers.map(
      // Read from a file, where some keys are meant to be none.
      ({ issuer, algorithms, verification, jwks }) =>
        ({
          issuer,
          algorithms,
          keys: { jwks },
          ...(verification && { verification, introspection: { clientId: 'api', credential: 'secret' } }),
        }) as unknown as IssuerOptions,
    ),
    audience,
    realm,
    resourceMetadata,
    currentTime: () => now * 1_000,
    fetch,
  }
}

/** An API for each entry of the settings, each made once. */
export function protectedApis(fetch?: typeof globalThis.fetch): (name: string) => ProtectedApi {
  const apis = new Map<string, ProtectedApi>()
  return (name) => {
    const known = apis.get(name)
    if (known !== undefined) return known
    const api = protect(protectOptions(name, fetch))
    apis.set(name, api)
    return api
  }
}
