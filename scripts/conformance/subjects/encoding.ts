import { dotted, encode, encodeJson, makeToken, type Parts, type Recipe } from '../recipe.ts'
import { tokenVectors } from '../token-vector.ts'
import type { Subject } from '../vector.ts'

const { accepted, refused, malformed } = tokenVectors('encoding')

const base64url = 'RFC 7515 §2'
const compact = 'RFC 7515 §3.1, §5.2'

const written = (write: (parts: Parts) => string): Recipe => ({ write })
/** A part that is written otherwise, and signed as it is written. */
const part = (name: keyof Parts, change: (text: string) => string): Recipe =>
  name === 'signature'
    ? { write: (parts) => dotted({ ...parts, signature: change(parts.signature) }) }
    : { encoded: (parts) => ({ ...parts, [name]: change(parts[name]) }) }

/** The last character with bits that its octet does not use: the same octets by a careless decoder. */
const strayBits = (text: string): string => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const last = alphabet[alphabet.indexOf(text.at(-1) ?? '') + 1] ?? ''
  return text.slice(0, -1) + last
}

const lenientDecoding = 'RFC 4648 §3.5 lets a decoder ignore bits that no octet uses; some ignore padding too'
const names = ['header', 'claims', 'signature'] as const
/** A character that stands for octets in base64 and in base64url differently: found by claims that bring it about. */
const withSpecials: Recipe['claims'] = { note: '>>>???~~~' }

/** Claims whose length leaves bits over in the last character of their encoding. */
const oddLength = (recipe: Recipe): Recipe => ({
  ...recipe,
  claimsText: (text) => text.padEnd(Math.ceil(text.length / 3) * 3 + 1, ' '),
  headerText: (text) => text.padEnd(Math.ceil(text.length / 3) * 3 + 1, ' '),
})

export const encodingVectors: Subject = {
  name: 'encoding',
  title: 'Encodings: base64url that is not canonical, wrong numbers of parts, tokens in tokens',
  vectors: [
    ...names.flatMap((name) => [
      (name === 'signature' ? refused : malformed)(`${name}-padded`, `${name}: padding follows`, base64url, {
        ...oddLength(part(name, (text) => `${text}==`)),
        latitude: lenientDecoding,
      }),
      (name === 'signature' ? refused : malformed)(
        `${name}-padded-once`,
        `${name}: one equals sign follows`,
        base64url,
        part(name, (text) => `${text}=`),
      ),
      refused(
        `${name}-empty`,
        `${name}: nothing`,
        compact,
        part(name, () => ''),
      ),
      refused(
        `${name}-one-character`,
        `${name}: one character, which is no octet`,
        base64url,
        part(name, () => 'A'),
      ),
      refused(
        `${name}-character-more`,
        `${name}: a character more, so that the last is no octet`,
        base64url,
        part(name, (text) => `${text}${'A'.repeat((5 - (text.length % 4)) % 4)}`),
      ),
      malformed(
        `${name}-not-ascii`,
        `${name}: a letter outside of ASCII`,
        base64url,
        part(name, (text) => `${text.slice(0, 4)}\u00e9${text.slice(5)}`),
      ),
      malformed(
        `${name}-percent`,
        `${name}: the first character in percent-encoding`,
        base64url,
        part(name, (text) => `%${Buffer.from(text.slice(0, 1)).toString('hex')}${text.slice(1)}`),
      ),
      refused(`${name}-twice`, `${name}: encoded twice`, base64url, part(name, encode)),
      refused(`${name}-stray-bits`, `${name}: bits set that no octet uses`, 'RFC 4648 §3.5', {
        ...oddLength(part(name, strayBits)),
        latitude: lenientDecoding,
      }),
    ]),
    refused('signature-base64', 'signature: in base64 with + and /', base64url, {
      ...part('signature', (text) => Buffer.from(text, 'base64url').toString('base64').replace(/=+$/, '')),
      sign: () => Buffer.alloc(64, 0xfb),
    }),
    refused('signature-plus', 'signature: a true one whose - is written +', base64url, {
      claims: { jti: 'encoding-signature-plus-2' },
      ...part('signature', (text) => text.replace('-', '+')),
    }),
    refused(
      'signature-slash',
      'signature: a true one whose _ is written /',
      base64url,
      part('signature', (text) => text.replace('_', '/')),
    ),
    refused('claims-base64', 'claims: in base64 with + and /', base64url, {
      latitude: lenientDecoding,
      claims: { ...withSpecials },
      ...part('claims', (text) => Buffer.from(text, 'base64url').toString('base64').replace(/=+$/, '')),
    }),
    accepted('claims-specials', 'claims: the same in base64url', base64url, { claims: { ...withSpecials } }),

    refused(
      'one-part',
      'One part',
      compact,
      written(({ header }) => header),
    ),
    refused(
      'two-parts',
      'Two parts',
      compact,
      written(({ header, claims }) => `${header}.${claims}`),
    ),
    refused(
      'four-parts',
      'Four parts',
      compact,
      written((parts) => `${dotted(parts)}.AAAA`),
    ),
    refused(
      'four-parts-last-empty',
      'A dot at the end',
      compact,
      written((parts) => `${dotted(parts)}.`),
    ),
    refused(
      'dot-first',
      'A dot at the beginning',
      compact,
      written((parts) => `.${dotted(parts)}`),
    ),
    refused(
      'dots-doubled',
      'Two dots between the parts',
      compact,
      written((parts) => dotted(parts).replaceAll('.', '..')),
    ),
    refused(
      'dots-only',
      'Two dots',
      compact,
      written(() => '..'),
    ),
    refused(
      'one-dot',
      'One dot',
      compact,
      written(() => '.'),
    ),
    refused(
      'many-dots',
      'Two thousand dots',
      'CVE-2025-30204',
      written(() => '.'.repeat(2000)),
    ),
    refused(
      'parts-swapped',
      'Claims before the header',
      compact,
      written(({ header, claims, signature }) => `${claims}.${header}.${signature}`),
    ),
    refused(
      'tildes',
      'Tildes follow, as of an SD-JWT',
      'RFC 9901 §4',
      written((parts) => `${dotted(parts)}~`),
    ),
    refused(
      'six-parts',
      'Two tokens, one after the other',
      compact,
      written((parts) => `${dotted(parts)}.${dotted(parts)}`),
    ),
    refused(
      'opaque',
      'No JWT at all',
      'RFC 6750 §2.1',
      written(() => 'mF_9.B5f-4.1JqM'),
    ),
    refused(
      'opaque-word',
      'A word',
      'RFC 6750 §2.1',
      written(() => 'token'),
    ),
    refused(
      'json-base64',
      'The JSON serialization, in base64url',
      'RFC 7515 §7.2',
      written(({ header, claims, signature }) => encodeJson({ protected: header, payload: claims, signature })),
    ),

    refused(
      'jwe-five-parts',
      'Five parts: an encrypted token',
      'RFC 7516 §7.1',
      written(
        () =>
          `${encodeJson({ alg: 'dir', enc: 'A256GCM', typ: 'at+jwt' })}..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA`,
      ),
    ),
    refused(
      'jwe-rsa',
      'Five parts: encrypted for a key of the issuer',
      'RFC 7516 §7.1',
      written(
        () =>
          `${encodeJson({ alg: 'RSA-OAEP', enc: 'A256GCM', cty: 'JWT', kid: 'issuer-rs256' })}.${'A'.repeat(342)}.AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA`,
      ),
    ),
    refused(
      'jwe-zip',
      'Five parts with zip: a bomb',
      'CVE-2024-28176',
      written(
        () => `${encodeJson({ alg: 'dir', enc: 'A256GCM', zip: 'DEF' })}..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA`,
      ),
    ),
    refused('nested-jwt', 'A token in a token, cty JWT', 'RFC 7519 §7.2', {
      header: { cty: 'JWT' },
      claimsText: makeToken('encoding-nested-inner'),
    }),
    refused('nested-json-string', 'A token in a token, as a JSON string', 'RFC 7519 §7.2', {
      claimsText: JSON.stringify(makeToken('encoding-nested-inner')),
    }),
  ],
}
