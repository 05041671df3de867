import assert from 'node:assert/strict'
import { test } from 'node:test'
import { authority, clientPurpose, type Issued, issue, revocationList } from '../../test/certificates.ts'
import { type Certificate, readCertificate } from './certificate.ts'
import { createPathChecker, pathKnownFor } from './known-paths.ts'
import { type RevocationList, readRevocationLists } from './revocation-list.ts'

const minute = 60_000
const day = 86_400_000
const start = Date.now()

const read = ({ der }: Issued): Certificate => {
  const certificate = readCertificate(der)
  assert.ok(certificate !== undefined)
  return certificate
}
const listsOf = async (...given: Parameters<typeof revocationList>): Promise<readonly RevocationList[]> => {
  const lists = readRevocationLists(await revocationList(...given))
  assert.ok(lists !== undefined)
  return lists
}

const root = await issue({ subject: 'CN=Root', extensions: authority() })
const middle = await issue({ subject: 'CN=Issuing', extensions: authority(0), by: root, notAfter: 30_000 })
const leaf = await issue({ extensions: [clientPurpose], by: middle })
const plain = await issue({ extensions: [clientPurpose], by: root })
const anchors = [read(root)]

const asked = (of: Issued, more: object = {}) => ({
  ...{ certificate: read(of), brought: [] as readonly Certificate[], anchors, lists: [], now: start },
  ...more,
})

test('a path that was found good is good again, also after it is looked for anew', () => {
  const check = createPathChecker()
  for (const now of [start, start + 1, start + pathKnownFor - 1, start + pathKnownFor, start + day]) {
    assert.deepEqual(check(asked(plain, { now })), { trusted: true })
  }
})

test('it ends with the first of its certificates, the client’s own or another, to the second', () => {
  const check = createPathChecker()
  const brought = [read(middle)]
  assert.equal(check(asked(leaf, { brought })).trusted, true)
  assert.equal(check(asked(leaf, { brought, now: start + 29_000 })).trusted, true)
  assert.equal(check(asked(leaf, { brought, now: start + 32_000 })).trusted, false)
})

test('a clock that is set back finds it not valid yet', () => {
  const check = createPathChecker()
  assert.equal(check(asked(plain)).trusted, true)
  assert.equal(check(asked(plain, { now: start - 2 * day })).trusted, false)
})

test('it is known for the certificates that came with it, and for those anchors', async () => {
  const check = createPathChecker()
  assert.equal(check(asked(leaf, { brought: [read(middle)] })).trusted, true)
  assert.equal(check(asked(leaf)).trusted, false)
  const stranger = await issue({ subject: 'CN=Root', extensions: authority() })
  assert.equal(check(asked(leaf, { brought: [read(middle)], anchors: [read(stranger)] })).trusted, false)
  assert.equal(check(asked(leaf, { brought: [read(middle)], anchors: [] })).trusted, false)
})

test('a revocation counts from the moment the list is there, and a list that is over decides nothing', async () => {
  const check = createPathChecker()
  assert.equal(check(asked(plain)).trusted, true)
  const lists = await listsOf(root, [plain])
  assert.deepEqual(check(asked(plain, { lists })), { trusted: false, check: 'certificate-revoked' })
  const current = await listsOf(root, [], { nextUpdate: minute / 2 })
  assert.equal(check(asked(plain, { lists: current })).trusted, true)
  const later = check(asked(plain, { lists: current, now: start + minute / 2 + 2000 }))
  assert.deepEqual(later, { trusted: false, check: 'certificate-revocation-list-current', undecided: true })
})

test('what was refused is looked at again', async () => {
  const check = createPathChecker()
  const lists = await listsOf(root, [plain])
  assert.equal(check(asked(plain, { lists })).trusted, false)
  assert.equal(check(asked(plain)).trusted, true)
})
