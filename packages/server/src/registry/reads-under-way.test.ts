import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createReadsUnderWay } from './reads-under-way.ts'

test('who asks for what is being read waits for the same read, and later ones read anew', async () => {
  const { together } = createReadsUnderWay()
  const reads = ['a', 'b', 'c'].map((name) => ({ name, ...Promise.withResolvers<string>() }))
  const asked: string[] = []
  const ask = (name: string): Promise<string> =>
    together(name, () => {
      asked.push(name)
      const read = reads.find((one) => one.name === name)
      return read?.promise ?? Promise.reject(new Error('no such read'))
    })
  const answers = ['a', 'b', 'c', 'a', 'c', 'b'].map(ask)
  assert.deepEqual(asked, ['a', 'b', 'c'])
  for (const { name, resolve } of reads) resolve(`value of ${name}`)
  assert.deepEqual(
    await Promise.all(answers),
    ['a', 'b', 'c', 'a', 'c', 'b'].map((name) => `value of ${name}`),
  )
  await Promise.all(['c', 'a', 'b', 'a'].map(ask))
  assert.deepEqual(asked, ['a', 'b', 'c', 'c', 'a', 'b'])
})

test('a read that fails fails for all who waited, and for nobody after them', async () => {
  const { together } = createReadsUnderWay()
  const failing = Promise.withResolvers<number>()
  const answers = [together('a', () => failing.promise), together('a', async () => 2)]
  failing.reject(new Error('away'))
  for (const answer of answers) await assert.rejects(answer, /away/)
  assert.equal(await together('a', async () => 3), 3)
})

test('after a change nobody is given what was being read before it, and its end takes no later read away', async () => {
  const { together, forget } = createReadsUnderWay()
  const before = Promise.withResolvers<string>()
  const after = Promise.withResolvers<string>()
  const stale = together('a', () => before.promise)
  forget()
  const fresh = together('a', () => after.promise)
  before.resolve('before')
  assert.equal(await stale, 'before')
  const joined = together('a', async () => 'a read too many')
  after.resolve('after')
  assert.deepEqual(await Promise.all([fresh, joined]), ['after', 'after'])
})
