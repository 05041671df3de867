import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { writeBasic } from '@mintmark/protocol'
import { metric, slowDisk } from '../../packages/server/test/slow-disk.ts'
import { until } from '../../packages/server/test/until.ts'
import { startServerProcess, temporaryDirectory } from '../process/server-process.ts'
import { foundDemo } from './found-demo.ts'

/** What `docs/operations.md` promises of the memory of a node, in bytes. */
const ceiling = 450e6
const callers = 2000
const requestsOfEach = 5
/** The largest body that is taken, so that whatever is kept of a request weighs something. */
const bodySize = 16_000

/** Sends a request again as soon as the one before it is answered, so many times. @returns the statuses */
const insist = async (port: number, request: string): Promise<readonly number[]> => {
  const socket: Socket = connect(port, '127.0.0.1')
  const statuses: number[] = []
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let text = ''
  socket.on('error', reject)
  socket.on('close', () => reject(new Error(`closed after ${statuses.length} answers`)))
  socket.on('connect', () => socket.write(request))
  socket.on('data', (data) => {
    text += data.toString('latin1')
    const head = text.indexOf('\r\n\r\n')
    const length = Number(/content-length: (\d+)/i.exec(text)?.[1])
    if (head === -1 || text.length < head + 4 + length) return
    statuses.push(Number(text.split(' ')[1]))
    text = ''
    if (statuses.length === requestsOfEach) resolve()
    else socket.write(request)
  })
  await promise.finally(() => socket.destroy())
  return statuses
}

test('REL-041: the memory of a node stays below its ceiling while thousands insist and its disk does not answer', async (t) => {
  const directory = temporaryDirectory(t)
  const environment = { MINTMARK_LOG_LEVEL: 'silent' }
  const { secrets } = await foundDemo(directory, environment)
  const server = await startServerProcess(t, directory, environment)
  const { port, pathname } = new URL(`${server.publicUrl}/default/demo/oauth2/token`)
  const authorization = writeBasic('weather-website', secrets?.['weather-website'] ?? '')
  const body = `grant_type=client_credentials&padding=${'x'.repeat(bodySize)}`
  const request = [
    `POST ${pathname} HTTP/1.1\r\nhost: localhost\r\nauthorization: ${authorization}\r\n`,
    `content-type: application/x-www-form-urlencoded\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  ].join('')

  const disk = slowDisk({ dataDirectory: directory })
  const all = await Promise.all(Array.from({ length: callers }, () => insist(Number(port), request)))
  const bytes = await metric(server, 'process_resident_memory_bytes')
  t.diagnostic(`${Math.round(bytes / 1e6)} MB after ${callers * requestsOfEach} requests on ${callers} connections`)
  assert.deepEqual(new Set(all.flat()), new Set([503]))
  assert.ok(bytes < ceiling, `${bytes} bytes`)
  for (const kind of ['write', 'read']) {
    const waiting = await metric(server, `mintmark_requests_waiting{kind="${kind}"}`)
    const inFlight = await metric(server, `mintmark_requests_in_flight{kind="${kind}"}`)
    assert.ok(waiting <= 1000 && inFlight <= 128, `${kind}: ${waiting} wait, ${inFlight} are worked on`)
  }

  disk.recover()
  const form = new URLSearchParams({ grant_type: 'client_credentials' })
  const ask = () =>
    fetch(`${server.publicUrl}/default/demo/oauth2/token`, { method: 'POST', headers: { authorization }, body: form })
  await until('tokens are issued again', async () => (await ask()).status === 200)
})
