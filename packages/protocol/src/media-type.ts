/** Whether a `Content-Type` is application/x-www-form-urlencoded; parameters are ignored (WHATWG URL Standard §5). */
export function isFormUrlencoded(contentType: string | undefined): boolean {
  if (contentType === undefined) return false
  const semicolon = contentType.indexOf(';')
  const type = semicolon === -1 ? contentType : contentType.slice(0, semicolon)
  return type.trim().toLowerCase() === 'application/x-www-form-urlencoded'
}

/**
 * Chooses the media type of an answer from an `Accept` header (RFC 9110 §12.5.1).
 * @param acceptHeader absent or empty means anything goes
 * @param types what can be served, lower case, the preferred one first; it also decides between equal weights
 * @returns undefined when nothing that can be served is acceptable
 */
export function accepts<Type extends string>(
  acceptHeader: string | undefined,
  types: readonly Type[],
): Type | undefined {
  if (acceptHeader === undefined || acceptHeader.trim() === '') return types[0]
  const ranges = acceptHeader.toLowerCase().split(',').map(readRange)
  let chosen: Type | undefined
  let best = 0
  for (const type of types) {
    const weight = weightOf(type, ranges)
    if (weight > best) {
      chosen = type
      best = weight
    }
  }
  return chosen
}

interface MediaRange {
  readonly range: string
  readonly weight: number
}

function readRange(text: string): MediaRange {
  const [range = '', ...parameters] = text.split(';').map((part) => part.trim())
  const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
  if (quality === undefined) return { range, weight: 1 }
  // A weight that is none makes the range worthless instead of most wanted.
  return { range, weight: /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(quality) ? Number(quality) : 0 }
}

/** The weight of the most specific range that covers the type (RFC 9110 §12.5.1: precedence). */
function weightOf(type: string, ranges: readonly MediaRange[]): number {
  const family = `${type.slice(0, type.indexOf('/'))}/*`
  for (const wanted of [type, family, '*/*']) {
    const match = ranges.find(({ range }) => range === wanted)
    if (match !== undefined) return match.weight
  }
  return 0
}
