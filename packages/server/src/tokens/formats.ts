import type { TokenFormatName } from '../domain/api.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { TokenFormat } from './format.ts'
import { createJwtFormat } from './jwt.ts'
import { createOpaqueFormat } from './opaque.ts'

const creators = [createJwtFormat, createOpaqueFormat]

export type TokenFormats = {
  readonly all: readonly TokenFormat[]
  readonly named: (name: TokenFormatName) => TokenFormat
}

/** The token formats, one line each above. */
export const createFormats = (deps: { readonly keyring: Keyring }): TokenFormats => {
  const all = creators.map((create) => create(deps))
  const byName = new Map(all.map((format) => [format.name, format]))
  return {
    all,
    named: (name) => {
      const format = byName.get(name)
      if (format === undefined) throw new Error(`no such token format: ${name}`)
      return format
    },
  }
}
