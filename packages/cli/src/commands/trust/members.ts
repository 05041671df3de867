import type { TrustInput } from '@mintmark/protocol/admin'
import type { OptionSpecs, OptionValues } from '../../command.ts'
import { readInput } from '../../connection/read-file.ts'
import { failed, usageFailure } from '../../failure.ts'
import { given, isYes, listOrAbsent, readSeconds } from '../../values.ts'

const yesNo = ['yes', 'no'] as const

/** The members of a trust as flags. */
export const trustOptions = {
  name: { type: 'text', value: 'TEXT', summary: 'Its name for people' },
  discover: { type: 'switch', summary: 'Its keys are where the metadata of the issuer says' },
  'jwks-uri': { type: 'text', value: 'URL', summary: 'Its keys are there: a key set, or a SPIFFE bundle endpoint' },
  'jwks-file': { type: 'text', value: 'FILE', summary: 'Its keys, for an issuer nobody can reach; - reads stdin' },
  audience: {
    type: 'text',
    value: 'TEXT',
    many: true,
    summary: 'What its tokens may be for; without it the issuer of the workspace, none for that again',
  },
  algorithm: { type: 'text', value: 'NAME', many: true, summary: 'What its tokens may be signed with; all by default' },
  'max-lifetime': { type: 'text', value: 'TIME', summary: 'How long its tokens may live: 10m, 1h; a day by default' },
  'single-use': {
    type: 'text',
    value: 'YES|NO',
    choices: yesNo,
    summary: 'Whether each token counts once, by its jti; no by default',
  },
  'bound-lifetime': {
    type: 'text',
    value: 'YES|NO',
    choices: yesNo,
    summary: 'Whether what is issued for a token ends when that one does; no by default',
  },
} as const satisfies OptionSpecs

type Given = { readonly cwd: string; readonly stdin: Parameters<typeof readInput>[2] }

const readJwks = async (file: string, { cwd, stdin }: Given): Promise<Record<string, unknown>> => {
  try {
    const jwks: unknown = JSON.parse(await readInput(file, cwd, stdin))
    if (typeof jwks === 'object' && jwks !== null && !Array.isArray(jwks)) return jwks as Record<string, unknown>
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw failed(`${file} is not a JSON Web Key Set`)
}

const readKeys = async (
  options: OptionValues<typeof trustOptions>,
  from: Given,
): Promise<TrustInput['keys'] | undefined> => {
  const { discover, 'jwks-uri': uri, 'jwks-file': file } = options
  if ([discover, uri !== undefined, file !== undefined].filter(Boolean).length > 1) {
    throw usageFailure('--discover, --jwks-uri and --jwks-file exclude each other')
  }
  if (uri !== undefined) return { type: 'jwks-uri', uri }
  if (file !== undefined) return { type: 'jwks', jwks: await readJwks(file, from) }
  return discover ? { type: 'discovery' } : undefined
}

/** What the flags say, and nothing else. */
export const readTrust = async (options: OptionValues<typeof trustOptions>, from: Given) => {
  const lifetime = options['max-lifetime']
  return given({
    displayName: options.name,
    keys: await readKeys(options, from),
    audiences: listOrAbsent(options.audience),
    algorithms: listOrAbsent(options.algorithm),
    maximumLifetime: lifetime === undefined ? undefined : readSeconds(lifetime, '--max-lifetime'),
    singleUse: isYes(options['single-use']),
    boundLifetime: isYes(options['bound-lifetime']),
  })
}
