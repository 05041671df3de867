import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import {
  behind,
  issueEarlier,
  issueToken,
  jwtCases,
  opaqueCases,
  resourceServersFounding,
  revokeToken,
  type TokenCases,
} from '../resource-servers/token-cases.ts'
import { type StrangerServer, startForStrangers, type Transport, transports } from '../stranger-server.ts'
import { methods } from '../strangers.ts'
import { formats, scopeOf, startTryingTokens } from '../working-token.ts'

// Programs in other languages, with their own libraries from their own registries: `npm test -- --only foreign-languages`.
// Where a language is missing its tests are skipped and say so; in CI they fail.

export const run = promisify(execFile)
export const folder = fileURLToPath(new URL('.', import.meta.url))
/** What is downloaded and built stays here between runs. */
export const cache = fileURLToPath(new URL('../../../node_modules/.cache/mintmark-foreign-languages', import.meta.url))

/** A folder of the cache that is filled once for each content of the file that pins what belongs into it. */
export const filledOnce = async (name: string, pins: string, fill: (folder: string) => Promise<unknown>) => {
  const digest = createHash('sha256').update(readFileSync(pins)).digest('hex').slice(0, 16)
  const target = join(cache, `${name}-${digest}`)
  if (existsSync(target)) return target
  const partial = `${target}.partial`
  rmSync(partial, { recursive: true, force: true })
  mkdirSync(partial, { recursive: true })
  await fill(partial)
  renameSync(partial, target)
  return target
}

/** Of Mintmark's algorithms, those that libraries of other languages have. */
export const algorithms = ['ES256', 'RS256', 'PS256', 'EdDSA'] as const
export type ForeignApi = (typeof algorithms)[number] | 'opaque'
const apis = [...algorithms, 'opaque'] as const

export type Language = {
  readonly name: string
  /** The program without which nothing runs, and how to ask for its version. */
  readonly needs: readonly [command: string, ...version: readonly string[]]
  /** Its libraries that get tokens. */
  readonly clients: readonly string[]
  /** Its libraries that check tokens, and the APIs whose tokens they know to check. */
  readonly verifiers: Readonly<Record<string, readonly ForeignApi[]>>
  /** Downloads and builds what is missing: the command of the program to run. */
  readonly prepare: () => Promise<readonly [command: string, ...args: readonly string[]]>
  /** How its programs are told to trust the certificate in a PEM file. */
  readonly trusting: (file: string) => Promise<Readonly<Record<string, string>>>
}

/**
 * What a program is told in the environment, beside ISSUER and SECRET (of the client `stranger`): TOKENS, a JSON object of
 * API, what is the matter with a token, and token. The audience of an API is `https://{its name in lower case}.example`.
 */
type Tokens = Readonly<Record<string, Readonly<Record<string, string>>>>

/** What a program prints, one JSON object a line. */
type Line = Readonly<Record<string, unknown>>

const missing = async ([command, ...version]: Language['needs']): Promise<string | false> => {
  try {
    const { stdout, stderr } = await run(command, version)
    console.log(`foreign-languages: runs ${`${stdout}${stderr}`.split('\n', 1)[0]}`)
    return false
  } catch (error) {
    const reason = `there is no ${command} on this machine`
    if (process.env.CI === 'true') throw new Error(reason, { cause: error })
    console.log(`foreign-languages: NOT RUN, ${reason}`)
    return reason
  }
}

const named = ({ good: [fresh = '', old = ''], bad }: TokenCases) => ({ fresh, old, ...bad })

const startPlace = async (transport: Transport) => {
  const server = await startForStrangers(resourceServersFounding, { transport, ahead: -behind })
  const earlier = await issueEarlier(server, apis)
  const tokens: Record<string, Record<string, string>> = {}
  for (const algorithm of algorithms) tokens[algorithm] = named(await jwtCases(server, algorithm, earlier(algorithm)))
  const revoked = await issueToken(server, scopeOf('opaque'))
  await revokeToken(server, revoked)
  tokens.opaque = { ...named(await opaqueCases(server, earlier('opaque'))), revoked }
  return { server, tokens: tokens as Tokens, assertWorks: await startTryingTokens(server) }
}

const report = async (language: Language, server: StrangerServer, tokens: Tokens): Promise<readonly Line[]> => {
  const [command, ...args] = await language.prepare()
  const trust = server.trusted === '' ? {} : await language.trusting(server.trusted)
  const told = { ISSUER: server.issuer, SECRET: server.secrets.stranger ?? '', TOKENS: JSON.stringify(tokens) }
  const { stdout } = await run(command, args, { env: { ...process.env, ...trust, ...told } })
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
}

/** The one line of a report that says all this. */
const find = (lines: readonly Line[], wanted: Line): Line => {
  const found = lines.filter((line) => Object.entries(wanted).every(([name, value]) => line[name] === value))
  assert.equal(found.length, 1, `${JSON.stringify(wanted)}: ${found.length} lines`)
  return found[0] ?? {}
}

/**
 * Tests a language against a server over http and one over TLS. Its program reports of each of its clients, by each method
 * `{client, method, format, token}` and `{client, method, error}` for a wrong secret and for a scope that is not permitted,
 * and of each verifier `{verifier, api, token, subject}`: the name of a token it was told, and the `sub` or null.
 */
export const testLanguage = async (language: Language): Promise<void> => {
  const skip = await missing(language.needs)
  const places = []
  for (const transport of transports) {
    const { server, tokens, assertWorks } = await startPlace(transport)
    const lines = skip === false ? await report(language, server, tokens) : []
    places.push({ transport, tokens, assertWorks, lines })
  }
  // Only now, since the servers end with the last of the tests there are.
  for (const { transport, tokens, assertWorks, lines } of places) {
    for (const client of language.clients) {
      for (const method of methods) {
        describe(`${language.name}: ${client}, ${method}, ${transport}`, { skip }, () => {
          for (const format of formats) {
            test(`gets a token (${format}) that works at the API and at introspection`, async () => {
              await assertWorks(String(find(lines, { client, method, format }).token), format)
            })
          }

          test('shows our code when the secret is wrong, and when a scope is not permitted', () => {
            find(lines, { client, method, error: 'invalid_client' })
            find(lines, { client, method, error: 'invalid_scope' })
          })
        })
      }
    }

    for (const [verifier, own] of Object.entries(language.verifiers)) {
      for (const api of own) {
        test(`SEC-264: ${language.name}: ${verifier} takes good tokens only, ${api}, ${transport}`, { skip }, () => {
          for (const token of Object.keys(tokens[api] ?? {})) {
            const subject = token === 'fresh' || token === 'old' ? 'stranger' : null
            assert.equal(find(lines, { verifier, api, token }).subject, subject, `a token ${token}`)
          }
        })
      }
    }

    test(`${language.name}: every line of the report was looked at, ${transport}`, { skip }, () => {
      const ofClients = language.clients.length * methods.length * (formats.length + 2)
      const ofVerifiers = Object.values(language.verifiers)
        .flat()
        .reduce((sum, api) => sum + Object.keys(tokens[api] ?? {}).length, 0)
      assert.equal(lines.length, ofClients + ofVerifiers)
    })
  }
}
