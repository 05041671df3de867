/** A header name as servers see it that make variables of names: `X_Client.Id` and `x-client-id` are one. */
export const foldedName = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '-')

/** Headers that carry the message, or the decision, and belong to the servers on the way. */
const reserved: readonly string[] = [
  'authorization',
  'connection',
  'content-length',
  'content-type',
  'date',
  'expect',
  'host',
  'keep-alive',
  'mintmark-reference',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
  'www-authenticate',
]
const reservedBeginnings: readonly string[] = ['proxy-', 'x-forwarded-', 'x-original-']

/** Whether a name is another spelling of one by which a message is framed or read: `Content_Length`. */
export const isMisspelt = (name: string): boolean => {
  const folded = foldedName(name)
  return folded !== name.toLowerCase() && (reserved.includes(folded) || folded.startsWith('proxy-'))
}

/** Why a route may not add a header; undefined when it may. */
export const headerProblem = (name: string, headerPrefix: string): string | undefined => {
  const folded = foldedName(name)
  if (folded.startsWith(foldedName(headerPrefix))) return `names that begin with ${headerPrefix} tell who calls`
  return reserved.includes(folded) || reservedBeginnings.some((beginning) => folded.startsWith(beginning))
    ? 'it belongs to the servers on the way'
    : undefined
}
