/**
 * The text of a segment to the most lenient server we know of: decoded, in compatibility form, without case.
 * What is equal here may be equal there.
 */
export const lenientSegment = (segment: string): string => {
  const text = segment.includes('%') ? decodeURIComponent(segment) : segment
  return text.normalize('NFKC').toUpperCase().toLowerCase()
}

/**
 * What lenient servers may read instead of these segments: without case, and without a format at the end
 * (`/report.json` for `/report`, as frameworks with optional formats do).
 */
export const lenientReadings = (
  segments: readonly string[],
): { readonly caseless: readonly string[]; readonly withoutFormat: readonly string[] | undefined } => {
  const caseless = segments.map(lenientSegment)
  const last = caseless.at(-1)
  const dot = last?.indexOf('.', 1) ?? -1
  return { caseless, withoutFormat: dot > 0 ? [...caseless.slice(0, -1), last?.slice(0, dot) ?? ''] : undefined }
}
