import { verifyJwtSync } from 'aws-jwt-verify/jwt-verifier'
import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify } from 'jose'
import { leeway, now, settingsNamed } from './pack.ts'
import type { Vector } from './vector.ts'

/** A library that had no part in ours, with the options that come closest to what a vector's settings say. */
export interface Witness {
  readonly name: string
  /** Resolves when it takes the token for good, and rejects otherwise. */
  readonly verify: (token: string, vector: Vector) => Promise<unknown>
}

const requiredClaims = ['exp', 'sub', 'client_id', 'iat', 'jti']

const accessTokenType = /^(?:application\/)?at\+jwt$/i

/** Neither library chooses among issuers by itself: the one the token names is asked, as every guide does. */
const issuerOf = (token: string, { settings }: Vector) => {
  const { audience, issuers } = settingsNamed(settings)
  const claimed = issuers.length === 1 ? issuers[0]?.issuer : decodeJwt(token).iss
  const found = issuers.find(({ issuer }) => issuer === claimed)
  if (found === undefined) throw new Error('No such issuer')
  return { audience, ...found }
}

const jose: Witness = {
  name: 'jose',
  verify: async (token, vector) => {
    const { issuer, audience, algorithms, jwks } = issuerOf(token, vector)
    await jwtVerify(token, createLocalJWKSet(jwks as unknown as JSONWebKeySet), {
      issuer,
      audience,
      algorithms: [...algorithms],
      typ: 'at+jwt',
      requiredClaims,
      clockTolerance: leeway,
      currentDate: new Date(now * 1_000),
    })
  },
}

/** Asks the clock of the process, which the test has to set. */
const awsJwtVerify: Witness = {
  name: 'aws-jwt-verify',
  verify: async (token, vector) => {
    const { issuer, audience, algorithms, jwks } = issuerOf(token, vector)
    verifyJwtSync(token, jwks as unknown as Parameters<typeof verifyJwtSync>[1], {
      issuer,
      audience,
      graceSeconds: leeway,
      customJwtCheck: ({ header, payload }) => {
        if (!algorithms.includes(header.alg ?? '')) throw new Error('Another algorithm')
        const { typ } = header as { readonly typ?: unknown }
        if (typeof typ !== 'string' || !accessTokenType.test(typ)) throw new Error('Another type')
        for (const name of requiredClaims) if (payload[name] === undefined) throw new Error(`No ${name}`)
      },
    })
  },
}

export const witnesses: readonly Witness[] = [jose, awsJwtVerify]
