import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { createHeldConnections } from './held-connections.ts'

/** What this file's subject sees of a connection. */
const connection = () => {
  const calls: string[] = []
  const handle = { readStop: () => calls.push('stop'), readStart: () => calls.push('start') }
  return { calls, socket: { destroyed: false, _handle: handle } as unknown as Socket & { destroyed: boolean } }
}

const start = () => {
  let now = 0
  let room = 0
  let again: (() => void) | undefined
  const held = createHeldConnections({
    room: () => room,
    elapsed: () => now,
    later: (action) => {
      assert.equal(again, undefined)
      again = action
    },
  })
  return {
    held,
    pass: (milliseconds: number, forHowMany: number) => {
      now += milliseconds
      room = forHowMany
      const action = again
      again = undefined
      action?.()
      return again !== undefined
    },
  }
}

test('held connections are read again in the order in which they were held, as there is room', () => {
  const { held, pass } = start()
  const three = [connection(), connection(), connection()]
  for (const { socket } of three) held.hold(socket)
  assert.equal(held.size(), 3)
  assert.equal(pass(10, 2), true)
  assert.deepEqual(
    three.map(({ calls }) => calls),
    [['stop', 'start'], ['stop', 'start'], ['stop']],
  )
  assert.equal(pass(10, 0), true)
  assert.equal(held.size(), 1)
  assert.equal(pass(10, 5), false)
  assert.equal(held.size(), 0)
})

test('nobody is held for longer than a second, whether there is room or not', () => {
  const { held, pass } = start()
  const { socket, calls } = connection()
  held.hold(socket)
  pass(990, 0)
  assert.deepEqual(calls, ['stop'])
  assert.equal(pass(10, 0), false)
  assert.deepEqual(calls, ['stop', 'start'])
})

test('a connection is held once, one that was lost meanwhile is left alone, and one that cannot be held is read on', () => {
  const { held, pass } = start()
  const { socket, calls } = connection()
  held.hold(socket)
  held.hold(socket)
  assert.deepEqual(calls, ['stop'])
  socket.destroyed = true
  pass(10, 1)
  assert.deepEqual(calls, ['stop'])
  held.hold({ destroyed: true, _handle: null } as unknown as Socket)
  held.hold({ destroyed: false, _handle: {} } as unknown as Socket)
  assert.equal(held.size(), 0)
})

test('connections that were lost meanwhile take no turn from others', () => {
  const { held, pass } = start()
  const [lost, live] = [connection(), connection()]
  held.hold(lost.socket)
  held.hold(live.socket)
  lost.socket.destroyed = true
  assert.equal(pass(10, 1), false)
  assert.deepEqual(live.calls, ['stop', 'start'])
})

test('once all are released, none is held any more', () => {
  const { held } = start()
  const [first, second] = [connection(), connection()]
  held.hold(first.socket)
  held.releaseAll()
  held.hold(second.socket)
  assert.deepEqual([first.calls, second.calls, held.size()], [['stop', 'start'], [], 0])
})
