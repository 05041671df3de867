import assert from 'node:assert/strict'
import { pbkdf2Sync } from 'node:crypto'
import { describe, test } from 'node:test'
import { startForStrangers } from './stranger-server.ts'
import { strangers } from './strangers.ts'

// Generated secrets have letters, digits and underscores only. Chosen ones, and ids brought along from other servers, may
// have anything, and then it shows which libraries form-encode them (RFC 6749 §2.3.1).

const characters = [...':+% &=/é~!']
const server = await startForStrangers()
const [tenant = '', workspace = ''] = 'strangers/e2e'.split('/')
const place = { tenant, workspace }

const base64 = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')

/** A hash as another server might have kept it; cheap, as nothing is secret here. */
const hashOf = (secret: string): string => {
  const salt = Buffer.from('0123456789abcdef')
  return `$pbkdf2-sha256$i=1000$${base64(salt)}$${base64(pbkdf2Sync(secret, salt, 1000, 32, 'sha256'))}`
}

/** Texts in which the character stands in front of what gives `%` a meaning, and of what gives it none. */
const textWith = (character: string): string => `${character.codePointAt(0)}-${character}20${character}g`
const secretWith = (character: string): string => `secret-${textWith(character)}`

for (const character of characters) {
  await server.admin.createClient(place, {
    id: textWith(character),
    capabilities: ['client_credentials'],
    permissions: [{ api: 'ES256', scopes: ['use:ES256'] }],
    secret: { type: 'imported', hash: hashOf(secretWith(character)) },
  })
}

for (const { name, methods, token, breaksOn } of strangers) {
  for (const method of methods) {
    describe(`${name}, ${method}`, () => {
      test('what it does with special characters in ids and secrets is what the list of strangers says', async () => {
        const broken: string[] = []
        for (const character of characters) {
          const works = await token({
            issuer: server.issuer,
            tokenEndpoint: server.tokenEndpoint,
            method,
            clientId: textWith(character),
            clientSecret: secretWith(character),
            scope: 'use:ES256',
          }).then(
            (text) => text.split('.').length === 3,
            () => false,
          )
          if (!works) broken.push(character)
        }
        assert.deepEqual(broken, [...(breaksOn[method] ?? '')])
      })
    })
  }
}
