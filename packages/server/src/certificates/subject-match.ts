import { BlockList, isIP, SocketAddress } from 'node:net'
import type { CertificateSubjectMatch } from '../domain/credential.ts'
import type { Certificate } from './certificate.ts'
import { formatName, parseName, sameName } from './distinguished-name.ts'

/** The one name a certificate must have (RFC 8705 §2.1.2). */
export type SubjectMatcher = { readonly match: CertificateSubjectMatch; readonly value: string }

type Rule = {
  /** The value as it is kept, or undefined when it is none of its kind. */
  readonly normal: (value: string) => string | undefined
  /** What a value has to be, for people. */
  readonly sentence: string
  /** Whether a certificate has a name that is kept so. */
  readonly has: (certificate: Certificate, value: string) => boolean
}

const hostName = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/

/** The domain of an address has no case; what is before the @ has (RFC 5280 §7.5). */
const normalEmail = (value: string): string | undefined => {
  const at = value.lastIndexOf('@')
  const domain = value.slice(at + 1).toLowerCase()
  return at > 0 && hostName.test(domain) && /^[\x21-\x7e]+$/.test(value) ? `${value.slice(0, at)}@${domain}` : undefined
}

const normalAddress = (value: string): string | undefined => {
  const family = isIP(value)
  if (family === 0 || value.includes('%')) return undefined
  return new SocketAddress({ address: value, family: family === 4 ? 'ipv4' : 'ipv6' }).address
}

const sameAddress = (bytes: Uint8Array, value: string): boolean => {
  const family = bytes.length === 4 ? 'ipv4' : 'ipv6'
  if ((isIP(value) === 4) !== (family === 'ipv4')) return false
  const text =
    family === 'ipv4' ? bytes.join('.') : (Buffer.from(bytes).toString('hex').match(/.{4}/g)?.join(':') ?? '')
  const list = new BlockList()
  list.addAddress(value, family)
  return list.check(text, family)
}

const rules: Readonly<Record<CertificateSubjectMatch, Rule>> = {
  'subject-dn': {
    normal: (value) => {
      const name = parseName(value)
      return name === undefined ? undefined : formatName(name)
    },
    sentence: 'a distinguished name as RFC 4514 writes it, such as CN=billing,O=Acme,C=FR',
    has: ({ subject }, value) => {
      const wanted = parseName(value)
      return subject !== undefined && wanted !== undefined && sameName(subject, wanted)
    },
  },
  'san-dns': {
    normal: (value) => (hostName.test(value.toLowerCase()) ? value.toLowerCase() : undefined),
    sentence: 'a host name without wildcards',
    has: ({ alternativeNames }, value) => alternativeNames.dns.some((name) => name.toLowerCase() === value),
  },
  'san-uri': {
    normal: (value) => (/^[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]+$/.test(value) ? value : undefined),
    sentence: 'an absolute URI',
    has: ({ alternativeNames }, value) => alternativeNames.uri.includes(value),
  },
  'san-ip': {
    normal: normalAddress,
    sentence: 'an IPv4 or IPv6 address',
    has: ({ alternativeNames }, value) => alternativeNames.ip.some((bytes) => sameAddress(bytes, value)),
  },
  'san-email': {
    normal: normalEmail,
    sentence: 'an e-mail address',
    has: ({ alternativeNames }, value) => alternativeNames.email.some((name) => normalEmail(name) === value),
  },
}

/** A matcher as it is kept; under `wrong`, a sentence that says what its value has to be. */
export const readMatcher = ({ match, value }: SubjectMatcher): SubjectMatcher | { readonly wrong: string } => {
  const normal = rules[match].normal(value)
  return normal === undefined ? { wrong: `it must be ${rules[match].sentence}` } : { match, value: normal }
}

/** Whether a certificate has the name; nowhere else in it than where the matcher says. */
export const matchesSubject = ({ match, value }: SubjectMatcher, certificate: Certificate): boolean =>
  rules[match].has(certificate, value)

/** The names of a certificate in the kind of a matcher, for the operator. */
export const describeSubject = ({ subject, alternativeNames }: Certificate): string =>
  [
    subject === undefined ? undefined : formatName(subject),
    ...alternativeNames.dns.map((name) => `dns:${name}`),
    ...alternativeNames.uri.map((name) => `uri:${name}`),
    ...alternativeNames.email.map((name) => `email:${name}`),
  ]
    .filter((name) => name !== undefined)
    .join(' ')
    .slice(0, 400)
