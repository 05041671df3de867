import { askPlatform, platformUrl } from './ask-platform.ts'
import { type Environment, processEnvironment } from './environment.ts'
import type { PlatformToken } from './federated-token.ts'

export interface GoogleCloudTokenOptions {
  /** Which of the machine's service accounts. Default `default`. */
  readonly serviceAccount?: string | undefined
  /** Default: that of the process, of which `GCE_METADATA_HOST` is read. */
  readonly environment?: Environment | undefined
  readonly fetch?: typeof globalThis.fetch | undefined
}

/** The identity token of a service account of Google Cloud, from the metadata server: of VMs, GKE, Cloud Run and others. */
export const googleCloudToken =
  ({ serviceAccount = 'default', environment, fetch }: GoogleCloudTokenOptions = {}): PlatformToken =>
  async ({ audience }) => {
    const host = (environment ?? processEnvironment()).GCE_METADATA_HOST || 'metadata.google.internal'
    const place = `/computeMetadata/v1/instance/service-accounts/${encodeURIComponent(serviceAccount)}/identity`
    const url = platformUrl(`http://${host}${place}`, 'GCE_METADATA_HOST')
    url.search = new URLSearchParams({ audience, format: 'full' }).toString()
    const headers = { 'metadata-flavor': 'Google' }
    const { text } = await askPlatform({ what: 'The metadata server of Google Cloud', url, headers, fetch })
    return text.trim()
  }
