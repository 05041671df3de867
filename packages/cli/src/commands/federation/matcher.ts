import type { ClaimMatcherInput } from '@mintmark/protocol/admin'
import { usageFailure } from '../../failure.ts'

/** How a matcher is written: the longest sign first. */
const signs = [':=', '^=', '~=', '='] as const

const exactJson = (claim: string, text: string): ClaimMatcherInput => {
  try {
    const equals: unknown = JSON.parse(text)
    if (typeof equals === 'string' || typeof equals === 'number' || typeof equals === 'boolean')
      return { claim, equals }
  } catch {
    // Said below.
  }
  throw usageFailure(`--match ${claim}:= takes a number, true, false or a text in quotes, not ${text}`)
}

/** `claim=text`, `claim:=json`, `claim^=prefix` or `claim~=glob`. @throws CommandFailure usage */
export const readMatcher = (text: string): ClaimMatcherInput => {
  const at = text.indexOf('=')
  const sign = signs.find((one) => text.startsWith(one, at - one.length + 1))
  const claim = sign === undefined ? '' : text.slice(0, at - sign.length + 1)
  const value = text.slice(at + 1)
  if (at < 0 || claim === '' || value === '') {
    throw usageFailure(`--match must be such as sub=system:serviceaccount:billing:invoices, not ${text}`)
  }
  if (sign === ':=') return exactJson(claim, value)
  if (sign === '^=') return { claim, prefix: value }
  return sign === '~=' ? { claim, glob: value } : { claim, equals: value }
}

/** A matcher as it is written. */
export const describeMatcher = (matcher: ClaimMatcherInput): string => {
  if ('prefix' in matcher) return `${matcher.claim}^=${matcher.prefix}`
  if ('glob' in matcher) return `${matcher.claim}~=${matcher.glob}`
  return typeof matcher.equals === 'string'
    ? `${matcher.claim}=${matcher.equals}`
    : `${matcher.claim}:=${JSON.stringify(matcher.equals)}`
}
