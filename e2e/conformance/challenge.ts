import { parseChallenges } from '@mintmark/protocol'

/**
 * The members of a `WWW-Authenticate` header as vectors have them, the scheme as `scheme`. `error_description` is left
 * out: it is for people, and everybody words it otherwise.
 * @throws SyntaxError unless it is one challenge
 */
export function readChallenge(header: string): Readonly<Record<string, string>> {
  const [challenge, ...others] = parseChallenges(header) ?? []
  if (challenge === undefined || others.length > 0) throw new SyntaxError(`Not one challenge: ${header}`)
  const { error_description: _, ...members } = Object.fromEntries(challenge.parameters)
  // Schemes are compared without regard to case (RFC 9110 §11.1).
  return { scheme: challenge.scheme === 'bearer' ? 'Bearer' : challenge.scheme, ...members }
}
