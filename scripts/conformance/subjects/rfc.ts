import { bearerRequest, invalidToken } from '../recipe.ts'
import { settings } from '../settings.ts'
import { publicJwk } from '../test-keys.ts'
import { requirementOf, tokenVectors } from '../token-vector.ts'
import type { Subject, Vector } from '../vector.ts'

const { accepted, refused } = tokenVectors('rfc')

const joe = 'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ'
const frodo =
  'SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4'

/** A signature that an RFC prints, and the key it prints with it. */
export interface PrintedSignature {
  readonly id: string
  readonly source: string
  readonly algorithm: string
  readonly jwk: Readonly<Record<string, unknown>>
  readonly jws: string
}

const bare = { kid: undefined, alg: undefined, use: undefined }
const bilbo = { kid: 'bilbo.baggins@hobbiton.example', alg: undefined }

export const printedSignatures: readonly PrintedSignature[] = [
  {
    id: 'rfc7515-a2',
    source: 'RFC 7515 App. A.2',
    algorithm: 'RS256',
    jwk: {
      kty: 'RSA',
      n: 'ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ',
      e: 'AQAB',
    },
    jws: `eyJhbGciOiJSUzI1NiJ9.${joe}.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw`,
  },
  {
    id: 'rfc7515-a3',
    source: 'RFC 7515 App. A.3',
    algorithm: 'ES256',
    jwk: publicJwk('rfc7515-a3', bare),
    jws: `eyJhbGciOiJFUzI1NiJ9.${joe}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q`,
  },
  {
    id: 'rfc7515-a4',
    source: 'RFC 7515 App. A.4',
    algorithm: 'ES512',
    jwk: publicJwk('rfc7515-a4', bare),
    jws: 'eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn',
  },
  {
    id: 'rfc7520-4-1',
    source: 'RFC 7520 §4.1',
    algorithm: 'RS256',
    jwk: publicJwk('rfc7520-3.4', bilbo),
    jws: `eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.${frodo}.MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xuglII7PNDi84wnB-BDkoBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vjbU5y18kDquDg`,
  },
  {
    id: 'rfc7520-4-2',
    source: 'RFC 7520 §4.2',
    algorithm: 'PS384',
    jwk: publicJwk('rfc7520-3.4', bilbo),
    jws: `eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.${frodo}.cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-tPid6VrklHkqsGqDqHCdP6O8TTB5dDDItllVo6_1OLPpcbUrhiUSMxbbXUvdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRXe8P_ijQ7p8Vdz0TTrxUeT3lm8d9shnr2lfJT8ImUjvAA2Xez2Mlp8cBE5awDzT0qI0n6uiP1aCN_2_jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTOcbH510a6GYmJUAfmWjwZ6oD4ifKo8DYM-X72Eaw`,
  },
  {
    id: 'rfc7520-4-3',
    source: 'RFC 7520 §4.3',
    algorithm: 'ES512',
    jwk: publicJwk('rfc7520-3.2', bilbo),
    jws: `eyJhbGciOiJFUzUxMiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.${frodo}.AE_R_YZCChjn4791jSQCrdPZCNYqHXCTZH0-JZGYNlaAjP2kqaluUIIUnC9qvbu9Plon7KRTzoNEuT4Va2cmL1eJAQy3mtPBu_u_sDDyYjnAMDxXPn7XrT0lw-kvAD890jl8e2puQens_IEKBpHABlsbEPX6sFY8OcGDqoRuBomu9xQ2`,
  },
  {
    id: 'rfc8037-a4',
    source: 'RFC 8037 App. A.4',
    algorithm: 'EdDSA',
    jwk: publicJwk('rfc8037-a1', bare),
    jws: 'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg',
  },
]

/** What an RFC prints is signed rightly and is no access token: without type, in other words, of the year 2011. */
const printed = ({ id, source, jws }: PrintedSignature): Vector => {
  const [path, name] = ['/read', 'rfc-keys']
  const expect = invalidToken(name)
  const title = 'What the RFC signs: a good signature, and no access token'
  return {
    id: `rfc-${id}`,
    title,
    source,
    level: 'token',
    settings: name,
    requirement: requirementOf(path),
    request: bearerRequest(jws, path),
    expect,
  }
}

const byKeyOf = (name: string, alg?: string) => ({
  settings: 'rfc-keys',
  key: name,
  ...(alg === undefined ? {} : { header: { alg } }),
})

export const rfcVectors: Subject = {
  name: 'rfc',
  title: 'The keys and signatures that RFC 7515, 7520 and 8037 print',
  vectors: [
    ...printedSignatures.map(printed),
    accepted('key-7515-a3', 'A token by the key of RFC 7515 App. A.3', 'RFC 7515 App. A.3.1', byKeyOf('rfc7515-a3')),
    accepted('key-7515-a4', 'A token by the key of RFC 7515 App. A.4', 'RFC 7515 App. A.4.1', byKeyOf('rfc7515-a4')),
    accepted('key-7520-3-2', 'A token by the key of RFC 7520 §3.2', 'RFC 7520 §3.2', byKeyOf('rfc7520-3.2')),
    accepted('key-7520-3-4', 'A token by the key of RFC 7520 §3.4', 'RFC 7520 §3.4', byKeyOf('rfc7520-3.4')),
    accepted('key-7520-3-4-ps384', 'A token of PS384 by the key of RFC 7520 §3.4', 'RFC 7520 §3.4, §4.2', {
      ...byKeyOf('rfc7520-3.4', 'PS384'),
      settings: 'rfc-ps384',
    }),
    accepted('key-8037-a1', 'A token by the key of RFC 8037 App. A.1', 'RFC 8037 App. A.1', byKeyOf('rfc8037-a1')),
    refused(
      'key-7515-a3-other',
      'A token by the attacker that names the key of RFC 7515 App. A.3',
      'RFC 7515 App. A.3.1',
      {
        settings: 'rfc-keys',
        key: 'attacker-es256',
        header: { kid: 'rfc7515-a3' },
      },
    ),
    refused('none-a5', 'The unsecured JWS that RFC 7515 prints', 'RFC 7515 App. A.5', {
      settings: 'rfc-keys',
      write: () => `eyJhbGciOiJub25lIn0.${joe}.`,
    }),
    accepted('kid-thumbprint', 'A key named by its thumbprint', 'RFC 7638 §3.1; RFC 9278 §1', {
      settings: 'thumbprint-kid',
      header: { kid: settings['thumbprint-kid']?.issuers[0]?.jwks.keys[0]?.kid },
    }),
  ],
}
