import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeAddress, readAddress } from './address.ts'

test('variables that the driver would read by itself are refused', () => {
  const url = 'postgres://m@127.0.0.1/mintmark'
  for (const name of ['PGOPTIONS', 'PGREPLICATION']) {
    assert.throws(() => readAddress(url, {}, { [name]: '-c synchronous_commit=off' }), {
      name: 'StoreOpenError',
      message: new RegExp(`^${name} is set`),
    })
  }
  assert.equal(readAddress(url, {}, { PGOPTIONS: '' }).user, 'm')
})

const refused = (url: string, reason: RegExp, options = {}): void => {
  assert.throws(
    () => readAddress(url, options),
    (error: Error) => {
      assert.equal(error.name, 'StoreOpenError')
      assert.match(error.message, reason)
      assert.doesNotMatch(error.message, /s3cret/)
      return true
    },
  )
}

test('a URL says where the database is and as whom to connect', () => {
  assert.deepEqual(readAddress('postgres://mint%40ed:s3cret%2F@127.0.0.1:5433/mintmark'), {
    host: '127.0.0.1',
    port: 5433,
    database: 'mintmark',
    user: 'mint@ed',
    password: 's3cret/',
    ssl: false,
  })
  const socket = readAddress('postgresql://m@%2Fvar%2Frun%2Fpostgresql/mintmark', { password: 'p' })
  assert.deepEqual([socket.host, socket.port, socket.password, socket.ssl], ['/var/run/postgresql', 5432, 'p', false])
})

test('beyond this machine the certificate is verified unless it is said otherwise', () => {
  const { ssl } = readAddress('postgres://m@db.example.com/mintmark')
  assert.deepEqual(ssl, { minVersion: 'TLSv1.2', rejectUnauthorized: true, servername: 'db.example.com' })
  refused('postgres://m:s3cret@db.example.com/mintmark?sslmode=disable', /unencrypted beyond loopback/)
  refused('postgres://m:s3cret@db.example.com/mintmark?sslmode=require', /believes anybody/)
  for (const [mode, reason] of [
    ['prefer', /may or may not encrypt: use verify-full/],
    ['allow', /may or may not encrypt: use verify-full/],
    ['no-verify', /unknown sslmode no-verify: use verify-full/],
    ['VERIFY-FULL', /unknown sslmode VERIFY-FULL: use verify-full/],
  ] as const) {
    refused(`postgres://m:s3cret@db.example.com/mintmark?sslmode=${mode}`, reason, { insecure: true })
  }
  assert.equal(readAddress('postgres://m@db.example.com/d?sslmode=disable', { insecure: true }).ssl, false)
  assert.deepEqual(readAddress('postgres://m@10.0.0.1/d?sslmode=require', { insecure: true }).ssl, {
    minVersion: 'TLSv1.2',
    rejectUnauthorized: false,
  })
})

test('what cannot be read is refused without quoting it', () => {
  refused('postgres://m:s3cret@host:port/d', /is not one/)
  refused('postgres://:s3cret@host/d', /names no user/)
  refused('postgres://m:s3cret@host/', /names no database/)
  refused('postgres://m:%s3cret@host/d', /encodes nothing/)
  refused('postgres://m:s3cret@host/d', /give one of them/, { password: 'another' })
  refused('postgres://m:s3cret@host/d?statement_timeout=1', /unknown parameter statement_timeout/)
  refused('postgres://m:s3cret@host/d?sslcert=/x', /both or neither/)
  refused('postgres://m:s3cret@host/d?sslrootcert=/no/such', /cannot be read \(ENOENT\)/)
  refused('postgres://m:s3cret@host/d?sslrootcert=/dev/null', /is not in PEM/)
  refused('postgres://m:12?s3cret@host/d', /is not one/)
  refused('postgres://m@host/d?S3cret=s3cret', /unknown parameter \(known/)
  refused('postgres://m:s3cret@one,two/d', /names several hosts/)
  refused('postgres://m:s3cret@::1/d', /an IPv6 address in brackets/)
  // Passwords with characters that end a part of a URL.
  const torn = [
    ...[
      'm:1/s3cret@host/d',
      'm:1?s3cret=x@host/d',
      'm:1#s3cret@host/d',
      'm:x@y/s3cret@host/d',
      'm:x@y:5/s3cret@host/d',
    ],
    ...['m:x@y/d?sslmode=s3cret@host/d', 'm:x@y?host=s3cret,z@host/d', '/m:s3cret@host/d'],
  ].map((rest) => `postgres://${rest}`)
  for (const url of [...torn, 'postgres:/m:s3cret@host/d', 'postgres:m:s3cret@host/d']) {
    refused(url, /is not one/)
    assert.throws(() => describeAddress(url), /is not one/)
  }
})

test('an address is told to people without its password', () => {
  assert.equal(
    describeAddress('postgres://m:s3cret@db.example.com/mintmark?sslmode=verify-full'),
    'PostgreSQL mintmark at db.example.com:5432',
  )
  assert.equal(describeAddress('postgres://m:s3cret@localhost/mintmark?host=/run/pg'), 'PostgreSQL mintmark at /run/pg')
  assert.equal(describeAddress('postgres://m:s3cret@[::1]/mintmark'), 'PostgreSQL mintmark at [::1]:5432')
})
