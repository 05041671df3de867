import type { OptionSpecs, OptionValues } from '../../command.ts'
import { given, readSecondsOrNone } from '../../values.ts'

/** The members of an API as flags. */
export const apiOptions = {
  name: { type: 'text', value: 'TEXT', summary: 'Its name for people' },
  scope: {
    type: 'text',
    value: "'NAME DESCRIPTION'",
    many: true,
    summary: 'A scope it defines, with a description if you like; replaces all that are there; none removes all',
  },
  format: { type: 'text', value: 'FORMAT', summary: 'Format of its tokens: jwt or opaque' },
  algorithm: {
    type: 'text',
    value: 'ALGORITHM',
    summary: 'What its tokens are signed with: ES256, RS256, PS256, Ed25519, EdDSA',
  },
  lifetime: {
    type: 'text',
    value: 'TIME',
    summary: "How long its tokens live: 3600, 5m, 1h; none for the workspace's lifetime",
  },
} as const satisfies OptionSpecs

const readScopes = (values: readonly string[]) => {
  if (values.length === 0) return undefined
  if (values.length === 1 && values[0] === 'none') return []
  return values.map((text) => {
    const [, name = text, description = ''] = /^(\S+)\s+(.*)$/s.exec(text.trim()) ?? []
    return description === '' ? { name } : { name, description }
  })
}

/** What the flags say, and nothing else. */
export const readApi = (options: OptionValues<typeof apiOptions>) =>
  given({
    displayName: options.name,
    scopes: readScopes(options.scope),
    tokenFormat: options.format,
    algorithm: options.algorithm,
    tokenLifetime: options.lifetime === undefined ? undefined : readSecondsOrNone(options.lifetime, '--lifetime'),
  })
