/** One place where a scanner found something that looks like ours. */
export type ScanFinding = {
  readonly token: string
  /** The scanner's word for what it looked for. */
  readonly type: string
  /** Where: origin and path alone, printable and short. */
  readonly url: string | undefined
}

/** Findings in one report. */
export const maximumFindings = 1000
const maximumToken = 32_768
const maximumType = 200
const maximumUrl = 500

const decoder = new TextDecoder('utf-8', { fatal: true })

const readUrl = (value: unknown): string | undefined => {
  if (typeof value !== 'string' || !URL.canParse(value)) return undefined
  const { protocol, origin, pathname } = new URL(value)
  // What stands in a query may be a secret itself.
  return protocol === 'https:' || protocol === 'http:' ? `${origin}${pathname}`.slice(0, maximumUrl) : undefined
}

const readFinding = (item: unknown): ScanFinding | undefined => {
  if (typeof item !== 'object' || item === null) return undefined
  const { token, type = '', url } = item as Readonly<Record<string, unknown>>
  const right = typeof token === 'string' && token !== '' && token.length <= maximumToken && typeof type === 'string'
  return right ? { token, type: type.slice(0, maximumType), url: readUrl(url) } : undefined
}

/**
 * Reads what code hosts send to whoever issues secrets: a JSON array of `{ "token", "type", "url" }`, further members
 * ignored. Undefined when it is anything else, has too many findings, or one of them no token.
 */
export const readScanReport = (body: Uint8Array): readonly ScanFinding[] | undefined => {
  try {
    const list: unknown = JSON.parse(decoder.decode(body))
    if (!Array.isArray(list) || list.length > maximumFindings) return undefined
    const findings = list.map(readFinding)
    return findings.every((finding) => finding !== undefined) ? findings : undefined
  } catch {
    return undefined
  }
}
