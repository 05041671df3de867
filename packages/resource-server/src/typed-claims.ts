import { OAuthError } from '@mintmark/protocol'
import { invalidToken } from './refusals.ts'
import { shown, type TokenClaims, type VerifiedToken } from './verified-token.ts'

/** The part of a Standard Schema (https://standardschema.dev, version 1) that is used here: zod, valibot, arktype, … */
export interface ClaimsSchema<Claims> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<Claims> | Promise<SchemaResult<Claims>>
    readonly types?: { readonly input: unknown; readonly output: Claims } | undefined
  }
}

type SchemaResult<Claims> =
  | { readonly value: Claims; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** Makes what the handler sees of the claims; it refuses by throwing. */
export type ClaimsReader<Claims> = (claims: TokenClaims) => Claims | Promise<Claims>

/** Freezes a token with its claims as they came, so that no handler can change them for the next request. */
export function freezeToken(token: VerifiedToken): VerifiedToken {
  freeze(token.claims)
  return Object.freeze(token)
}

function freeze(value: object): void {
  for (const one of Object.values(value)) if (typeof one === 'object' && one !== null) freeze(one)
  Object.freeze(value)
}

/**
 * Reads the claims of a verified token as the API wants them.
 * @throws OAuthError `invalid_token`, check `claims`, when they are not so; an OAuthError of the reader is kept
 */
export async function readClaims<Claims>(
  claims: TokenClaims,
  reader: ClaimsReader<Claims> | ClaimsSchema<Claims>,
): Promise<Claims> {
  try {
    // Schemas of some libraries are functions too.
    if (!('~standard' in reader)) return await reader(claims)
    const result = await reader['~standard'].validate(claims)
    if (result.issues === undefined) return result.value
    throw invalidToken('claims', { received: result.issues.map(line).join('; ').slice(0, 200) })
  } catch (cause) {
    throw cause instanceof OAuthError ? cause : invalidToken('claims', { cause })
  }
}

function line({ path = [], message }: SchemaIssue): string {
  const names = path.map((part) => String(typeof part === 'object' ? part.key : part))
  return `${shown(names.join('.'))} ${message}`
}
