/**
 * Writes text as an RFC 9110 §5.6.4 quoted-string. Characters outside of printable ASCII become `?`, so that nothing
 * can break out of a header line.
 */
export function quotedString(text: string): string {
  return `"${text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&')}"`
}
