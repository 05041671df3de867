import type { OAuthError } from '@mintmark/protocol'

/** What failed, in words. */
export const reasons: Readonly<Record<string, string>> = {
  'assertion-malformed': 'it is not a signed JWT, or longer than 8192 characters',
  'assertion-crit': 'its header demands an extension (crit)',
  'assertion-typ': 'its typ is that of another kind of token',
  'assertion-kid': 'its kid is not a text',
  'assertion-algorithm': 'it is signed with an algorithm that is not accepted',
  'assertion-signature': 'no key of the trust signed it',
  'assertion-audience': 'it is for another audience, or for others too',
  'assertion-iss': 'its iss is not the issuer of the trust',
  'assertion-sub': 'its sub is missing, no text, or in another trust domain',
  'assertion-jti': 'it has no usable jti, and the trust takes each token once',
  'assertion-exp': 'it has ended, never ends, or lives longer than the trust allows',
  'assertion-nbf': 'it is not valid yet (nbf)',
  'assertion-iat': 'it was issued in the future (iat)',
  'certificate-readable': 'it is no certificate that can be read, or longer than 16384 bytes',
  'certificate-in-time': 'it has ended, or is not valid yet',
  'certificate-key-strong': 'its key is too weak',
  'certificate-key-usage': 'its key may not sign',
  'certificate-purpose': 'it is not for clients (extKeyUsage)',
  'certificate-extensions': 'it has an extension that cannot be judged',
  'certificate-trusted': 'no CA in the bundle of the trust vouches for it',
  'certificate-revoked': 'it was revoked',
  'certificate-revocation-list-current': 'the revocation list that would say whether it was revoked is out of date',
  'svid-sole-uri': 'an X.509-SVID has exactly one URI, the SPIFFE id of a workload',
  'svid-leaf': 'it is a CA',
  'svid-key-usage': 'its key usage must let it sign, and neither certificates nor revocation lists',
  'svid-lifetime': 'it lives longer than the trust allows',
  'trust-enabled': 'the trust is disabled',
  'trust-keys-available': 'the keys of its issuer cannot be fetched at the moment',
}

/** Why a token or a certificate does not count, for an administrator. */
export const sentence = ({ check = '', expected, received }: OAuthError): string => {
  const details = [expected && `expected ${expected}`, received && `found ${received}`].filter(Boolean).join(', ')
  return `${reasons[check] ?? `the check ${check} failed`}${details === '' ? '' : `: ${details}`}`
}
