import { issuer, otherIssuer } from '../settings.ts'
import { tokenVectors } from '../token-vector.ts'
import type { Subject } from '../vector.ts'

const { accepted, refused } = tokenVectors('issuers')

const mixUp = 'RFC 8725 §3.8; RFC 9700 §4.4'
const first = { settings: 'two-issuers', header: { kid: 'k1' } }
const second = { settings: 'two-issuers', key: 'other-es256', header: { kid: 'k1' }, claims: { iss: otherIssuer } }
const byAlgorithm = { settings: 'two-algorithms', claims: { iss: otherIssuer } }

export const issuersVectors: Subject = {
  name: 'issuers',
  title: 'Several issuers: a key counts for the tokens of its own issuer only',
  vectors: [
    accepted('first', 'A token of the first issuer', mixUp, first),
    accepted('second', 'A token of the second issuer', mixUp, second),
    refused('first-key-second-name', 'The first issuer’s key, the second one’s name', mixUp, {
      ...first,
      claims: { iss: otherIssuer },
    }),
    refused('second-key-first-name', 'The second issuer’s key, the first one’s name', mixUp, {
      ...second,
      claims: { iss: issuer },
    }),
    refused('first-key-second-name-no-kid', 'The same without kid', mixUp, {
      ...first,
      header: { kid: undefined },
      claims: { iss: otherIssuer },
    }),
    refused('stranger', 'A third issuer’s name and the attacker’s key', mixUp, {
      settings: 'two-issuers',
      key: 'attacker-es256',
      header: { kid: 'k1' },
      claims: { iss: 'https://attacker.example' },
    }),
    refused('stranger-first-key', 'A third issuer’s name and the first one’s key', mixUp, {
      ...first,
      claims: { iss: 'https://attacker.example' },
    }),
    refused('no-issuer', 'No name and the first issuer’s key', mixUp, { ...first, claims: { iss: undefined } }),
    refused('list-of-both', 'Both names in a list', mixUp, { ...first, claims: { iss: [issuer, otherIssuer] } }),
    refused('both-in-one', 'Both names in one string', mixUp, {
      ...first,
      claims: { iss: `${issuer} ${otherIssuer}` },
    }),
    refused('second-with-slash', 'The second issuer’s name with a slash', mixUp, {
      ...second,
      claims: { iss: `${otherIssuer}/` },
    }),
    refused(
      'header-says-first',
      'The header names the first issuer, the claims the second, signed by the first',
      mixUp,
      { ...first, header: { kid: 'k1', iss: issuer }, claims: { iss: otherIssuer } },
    ),
    accepted('header-says-other', 'The header names another issuer, which counts for nothing', mixUp, {
      ...first,
      header: { kid: 'k1', iss: otherIssuer },
    }),
    refused('twice-second-last', 'iss twice, the last the second issuer, signed by the first', mixUp, {
      ...first,
      claimsText: (text) => text.replace(/\}$/, `,"iss":${JSON.stringify(otherIssuer)}}`),
    }),
    refused('twice-first-last', 'iss twice, the last the first issuer, signed by the first', 'RFC 7519 §4', {
      latitude: 'RFC 7519 §4 lets a reader take the last of two members instead of refusing',
      ...first,
      claimsText: (text) => text.replace('{', `{"iss":${JSON.stringify(otherIssuer)},`),
    }),
    accepted('unknown-member-of-issuer', 'A member that names the other issuer, which counts for nothing', mixUp, {
      ...first,
      claims: { issuer: otherIssuer, azp: otherIssuer },
    }),
    accepted('algorithm-of-second', 'The second issuer with its own algorithm', mixUp, {
      ...byAlgorithm,
      key: 'other-ed25519',
    }),
    refused('algorithm-of-first-by-second', 'The second issuer with an algorithm only the first may use', mixUp, {
      ...byAlgorithm,
      key: 'other-es256',
    }),
    accepted('algorithm-of-first', 'The first issuer with its own algorithm', mixUp, { settings: 'two-algorithms' }),
    refused(
      'algorithm-of-second-by-first',
      'The first issuer’s name with an algorithm only the second may use',
      mixUp,
      { settings: 'two-algorithms', key: 'other-ed25519' },
    ),
  ],
}
