import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AdmissionLimits, createAdmission } from './admission.ts'

/** Time that passes when told to, and what was put off until then. */
const standingTime = () => {
  let now = 0
  let later: { readonly at: number; readonly action: () => void }[] = []
  return {
    elapsed: () => now,
    later: (action: () => void, milliseconds: number) => {
      later.push({ at: now + milliseconds, action })
    },
    pass: (milliseconds: number) => {
      const end = now + milliseconds
      for (;;) {
        const [next] = later.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
        if (next === undefined) break
        later = later.filter((one) => one !== next)
        now = next.at
        next.action()
      }
      now = end
    },
    putOff: () => later.length,
  }
}

const start = (limits: Partial<AdmissionLimits> = {}) => {
  const time = standingTime()
  let parked = 0
  let heldBack = 0
  const admission = createAdmission({
    ...{ concurrent: 2, waiting: 3, patience: 80, ...limits },
    parked: () => parked,
    heldBack: () => heldBack,
    elapsed: time.elapsed,
    later: time.later,
  })
  const decided: [string, boolean][] = []
  return {
    admission,
    time,
    decided,
    park: (count: number) => {
      parked = count
    },
    holdBack: (count: number) => {
      heldBack = count
    },
    enter: (name: string) => {
      const entrance = admission.enter()
      if (typeof entrance === 'string') return entrance
      entrance.then((admitted) => decided.push([name, admitted]))
      return 'waiting'
    },
  }
}
/** Lets what was decided be told. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

test('so many are worked on, so many wait, and one more is refused at once', () => {
  const { enter, admission } = start()
  const entrances = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => enter(name))
  assert.deepEqual(entrances, ['admitted', 'admitted', 'waiting', 'waiting', 'waiting', 'refused'])
  assert.deepEqual(admission.load(), { inFlight: 2, waiting: 3, answered: 0, refused: 1 })
})

test('a place that becomes free goes to who has waited for longest, before anybody who comes now', async () => {
  const { enter, admission, decided } = start()
  for (const name of ['a', 'b', 'c', 'd']) enter(name)
  admission.leave()
  assert.equal(enter('e'), 'waiting')
  admission.leave()
  await settled()
  assert.deepEqual(decided, [
    ['c', true],
    ['d', true],
  ])
  assert.deepEqual(admission.load(), { inFlight: 2, waiting: 1, answered: 2, refused: 0 })
})

test('who has waited for as long as one may is refused, and who came later waits on', async () => {
  const { enter, admission, decided, time } = start()
  for (const name of ['a', 'b', 'c']) enter(name)
  time.pass(50)
  enter('d')
  time.pass(30)
  await settled()
  assert.deepEqual(decided, [['c', false]])
  time.pass(50)
  await settled()
  assert.deepEqual(decided, [
    ['c', false],
    ['d', false],
  ])
  assert.deepEqual(admission.load(), { inFlight: 2, waiting: 0, answered: 0, refused: 2 })
  assert.equal(time.putOff(), 0)
})

test('where nobody can wait, nobody does', () => {
  const none = start({ concurrent: 1, waiting: 0 })
  assert.deepEqual([none.enter('a'), none.enter('b')], ['admitted', 'refused'])
})

test('once the line was full, nobody joins it before nobody has found every place taken for a while', async () => {
  const { enter, admission, time } = start({ concurrent: 1, waiting: 1 })
  assert.deepEqual([enter('a'), enter('b'), enter('c')], ['admitted', 'waiting', 'refused'])
  admission.leave()
  assert.equal(enter('d'), 'refused', 'there is room in the line, but it was full just now')
  time.pass(30)
  assert.equal(enter('e'), 'refused', 'who came meanwhile found every place taken')
  admission.leave()
  assert.equal(enter('f'), 'admitted')
  time.pass(31)
  assert.equal(enter('g'), 'waiting')
})

test('nobody joins a line that does not move', () => {
  const { enter, time, admission } = start({ concurrent: 1, waiting: 100, patience: 1000 })
  assert.deepEqual([enter('a'), enter('b')], ['admitted', 'waiting'])
  time.pass(249)
  assert.equal(enter('c'), 'waiting')
  time.pass(1)
  assert.equal(enter('d'), 'refused')
  assert.equal(admission.load().waiting, 2)
})

test('who would be refused is turned away and counted; who would be admitted or wait is neither', () => {
  const { enter, admission } = start({ concurrent: 1, waiting: 1 })
  assert.equal(admission.turnAway(), false)
  enter('a')
  assert.equal(admission.turnAway(), false)
  enter('b')
  assert.equal(admission.turnAway(), true)
  assert.deepEqual(admission.load(), { inFlight: 1, waiting: 1, answered: 0, refused: 1 })
})

test('when all have left, everything is as it was', async () => {
  const { enter, admission, time } = start()
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) enter(name)
  for (let left = 0; left < 5; left += 1) admission.leave()
  time.pass(1000)
  await settled()
  assert.deepEqual(admission.load(), { inFlight: 0, waiting: 0, answered: 5, refused: 1 })
  assert.equal(enter('g'), 'admitted')
  assert.equal(time.putOff(), 0)
})

test('how many places were taken at a time is told once', () => {
  const { enter, admission } = start()
  enter('a')
  enter('b')
  admission.leave()
  assert.deepEqual([admission.mostSince(), admission.mostSince()], [2, 1])
  admission.leave()
  assert.deepEqual([admission.mostSince(), admission.mostSince()], [1, 0])
})

test('who is parked takes no place, also from those who wait already', async () => {
  const { enter, admission, decided, park, time } = start()
  for (const name of ['a', 'b', 'c']) enter(name)
  park(2)
  time.pass(10)
  await settled()
  assert.deepEqual(decided, [['c', true]])
  assert.equal(enter('d'), 'admitted')
  assert.equal(enter('e'), 'waiting')
  // They come back to work: nobody new before there are as few again as may be.
  park(0)
  admission.leave()
  admission.leave()
  await settled()
  assert.deepEqual(decided, [['c', true]])
  admission.leave()
  await settled()
  assert.deepEqual(decided.at(-1), ['e', true])
})

test('while callers who were refused are held back nobody begins to wait, and a free place is given all the same', () => {
  const { enter, admission, holdBack } = start()
  assert.equal(enter('a'), 'admitted')
  holdBack(1)
  assert.deepEqual([enter('b'), enter('c')], ['admitted', 'refused'])
  admission.leave()
  assert.equal(enter('d'), 'admitted')
  holdBack(0)
  assert.equal(enter('e'), 'waiting')
})
