/**
 * Whether `fetch` takes `Authorization` off a request that is redirected to another origin, as the Fetch Standard says.
 * Node, Bun and Deno do. Workers of Cloudflare do from the compatibility date 2025-09-01 on, and before that with the flag
 * `strip_authorization_on_cross_origin_redirect`.
 */
export function followsRedirectsSafely(): boolean {
  const { Cloudflare, navigator } = globalThis as {
    readonly Cloudflare?: { readonly compatibilityFlags?: Readonly<Record<string, boolean>> }
    readonly navigator?: { readonly userAgent?: string }
  }
  if (Cloudflare === undefined && navigator?.userAgent !== 'Cloudflare-Workers') return true
  return Cloudflare?.compatibilityFlags?.strip_authorization_on_cross_origin_redirect === true
}
