import { audience, issuer } from '../settings.ts'
import { tokenVectors } from '../token-vector.ts'
import type { Subject } from '../vector.ts'

import { show, wrongTypes } from '../wrong-types.ts'

const { accepted, refused } = tokenVectors('claims')

const required = 'RFC 9068 §2.2, §4'

const issuers: readonly (readonly [id: string, title: string, value: string])[] = [
  ['slash', 'with a slash at the end', `${issuer}/`],
  ['other-path', 'of another workspace', 'https://issuer.example/tenant/other'],
  ['parent', 'of the tenant', 'https://issuer.example/tenant'],
  ['host-only', 'of the host alone', 'https://issuer.example'],
  ['host-upper-case', 'with its host in capitals', 'https://ISSUER.example/tenant/workspace'],
  ['scheme-upper-case', 'with its scheme in capitals', 'HTTPS://issuer.example/tenant/workspace'],
  ['path-upper-case', 'with its path in capitals', 'https://issuer.example/Tenant/Workspace'],
  ['http', 'by http', 'http://issuer.example/tenant/workspace'],
  ['port', 'with the port that is usual', 'https://issuer.example:443/tenant/workspace'],
  ['user', 'with a user', 'https://issuer.example@attacker.example/tenant/workspace'],
  ['query', 'with a query', `${issuer}?`],
  ['fragment', 'with a fragment', `${issuer}#`],
  ['dot-segments', 'with dot segments', 'https://issuer.example/tenant/other/../workspace'],
  ['percent', 'with a letter in percent-encoding', 'https://issuer.example/tenant/work%73pace'],
  ['host-dot', 'with a dot after its host', 'https://issuer.example./tenant/workspace'],
  ['suffix', 'with more after it', `${issuer}.attacker.example`],
  ['prefix', 'with something before it', `https://attacker.example/?${issuer}`],
  ['space-before', 'with a space before it', ` ${issuer}`],
  ['space-after', 'with a space after it', `${issuer} `],
  ['line-feed', 'with a line feed after it', `${issuer}\n`],
  ['nul', 'with NUL after it', `${issuer}\u0000`],
  ['homograph', 'with a letter that looks the same', issuer.replace('e', '\u0435')],
  ['without-scheme', 'without its scheme', 'issuer.example/tenant/workspace'],
  ['wildcard', 'as a wildcard', '*'],
  ['prototype', 'named as what every object has', '__proto__'],
]

const audiences: readonly (readonly [id: string, title: string, value: unknown])[] = [
  ['other', 'another API', 'https://other-api.example'],
  ['slash', 'with a slash at the end', `${audience}/`],
  ['upper-case', 'in capitals', 'https://API.example'],
  ['http', 'by http', 'http://api.example'],
  ['port', 'with the port that is usual', `${audience}:443`],
  ['path', 'with a path', `${audience}/read`],
  ['prefix', 'the beginning of it', audience.slice(0, -1)],
  ['suffix', 'with more after it', `${audience}.attacker.example`],
  ['space-separated', 'two in one string', `${audience} https://other-api.example`],
  ['comma-separated', 'two in one string, with a comma', `${audience},https://other-api.example`],
  ['space-after', 'with a space after it', `${audience} `],
  ['nul', 'with NUL after it', `${audience}\u0000`],
  ['homograph', 'with a letter that looks the same', audience.replace('a', '\u0430')],
  ['wildcard', 'everything', '*'],
  ['issuer', 'the issuer itself', issuer],
  ['client', 'the client itself', 'service-1'],
  ['number', 'a number', 7],
  ['object-with-index', 'an object with an index', { 0: audience, length: 1 }],
  ['object-with-name', 'an object with the name as a member', { [audience]: true }],
  ['array-other', 'a list without it', ['https://other-api.example']],
  ['array-null', 'a list with null', [null]],
  ['array-nested', 'a list in a list', [[audience]]],
  ['array-with-number', 'a list with it and a number', [audience, 7]],
  ['array-with-null', 'a list with it and null', [audience, null]],
  ['array-with-object', 'a list with it and an object', [audience, {}]],
  ['array-with-list', 'a list with it and a list', [audience, [audience]]],
  ['array-joined', 'a list with it and another in one string', [`${audience} https://other-api.example`]],
]

export const namesVectors: Subject = {
  name: 'names',
  title: 'Names: issuers and audiences that are nearly the right one, and lists of them',
  vectors: [
    ...wrongTypes.map(([id, value]) =>
      refused(`aud-${id}`, `aud is ${show(value)}`, required, { claims: { aud: value } }),
    ),

    ...issuers.map(([id, title, value]) =>
      refused(`iss-${id}`, `iss is the issuer ${title}`, 'RFC 9068 §4; RFC 8414 §3.3', { claims: { iss: value } }),
    ),
    refused('iss-array-of-two', 'iss is a list with the issuer first', 'RFC 7519 §4.1.1; CVE-2025-30144', {
      claims: { iss: [issuer, 'https://attacker.example'] },
    }),
    refused('iss-array-attacker-first', 'iss is a list with the attacker first', 'RFC 7519 §4.1.1; CVE-2025-30144', {
      claims: { iss: ['https://attacker.example', issuer] },
    }),
    refused('iss-twice-last-other', 'iss twice, the last one another', 'RFC 7519 §4', {
      claimsText: (text) => text.replace(/\}$/, ',"iss":"https://attacker.example"}'),
    }),
    refused('iss-twice-last-good', 'iss twice, the last one good', 'RFC 7519 §4', {
      latitude: 'RFC 7519 §4 lets a reader take the last of two members instead of refusing',
      claimsText: (text) => text.replace('{', '{"iss":"https://attacker.example",'),
    }),

    ...audiences.map(([id, title, value]) =>
      refused(`aud-${id}`, `aud is ${title}`, 'RFC 7519 §4.1.3; RFC 9068 §4', { claims: { aud: value } }),
    ),
    accepted('aud-array', 'aud is a list of it', 'RFC 7519 §4.1.3', { claims: { aud: [audience] } }),
    accepted('aud-array-first', 'aud is a list with it first', 'RFC 7519 §4.1.3', {
      claims: { aud: [audience, 'https://other-api.example'] },
    }),
    accepted('aud-array-last', 'aud is a list with it last', 'RFC 7519 §4.1.3', {
      claims: { aud: ['https://other-api.example', audience] },
    }),
    accepted('aud-array-twice', 'aud is a list with it twice', 'RFC 7519 §4.1.3', {
      claims: { aud: [audience, audience] },
    }),
    accepted('aud-array-of-fifty', 'aud is a list of fifty with it among them', 'RFC 7519 §4.1.3', {
      claims: {
        aud: Array.from({ length: 50 }, (_, index) => (index === 25 ? audience : `https://api-${index}.example`)),
      },
    }),
    refused('aud-array-of-fifty-others', 'aud is a list of fifty others', 'RFC 7519 §4.1.3', {
      claims: { aud: Array.from({ length: 50 }, (_, index) => `https://api-${index}.example`) },
    }),
    refused('aud-twice-last-other', 'aud twice, the last one another', 'RFC 7519 §4', {
      claimsText: (text) => text.replace(/\}$/, ',"aud":"https://other-api.example"}'),
    }),
    accepted('aud-urn', 'aud is a URN, as the API is named', 'RFC 7519 §4.1.3', {
      settings: 'urn-audience',
      claims: { aud: 'urn:example:api' },
    }),
    refused('aud-urn-other-case', 'aud is the URN in capitals', 'RFC 7519 §4.1.3', {
      settings: 'urn-audience',
      claims: { aud: 'URN:EXAMPLE:API' },
    }),
    refused('aud-of-other-settings', 'aud is right for another API of the same issuer', 'RFC 8725 §3.9', {
      settings: 'urn-audience',
    }),
  ],
}
