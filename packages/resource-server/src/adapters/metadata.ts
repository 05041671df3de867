import type { RefusalResponse } from '../challenge.ts'
import type { ProtectedApi } from '../protect.ts'

/**
 * What answers the requests for the metadata of an API (RFC 9728), and no others.
 * @throws TypeError when the API has none
 */
export function metadataAnswers(api: ProtectedApi<unknown>): ProtectedApi<unknown>['metadataResponse'] {
  if (api.metadata === undefined) throw new TypeError('serveMetadata: protect has no option metadata')
  return (request): RefusalResponse | undefined => api.metadataResponse(request)
}
