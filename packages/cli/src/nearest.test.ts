import assert from 'node:assert/strict'
import { test } from 'node:test'
import { didYouMean, nearest } from './nearest.ts'

const candidates = ['client', 'secret', 'change', 'choices', 'token']

test('the nearest word is the one that takes the fewest edits, swapped letters counting as one', () => {
  assert.equal(nearest('clinet', candidates), 'client')
  assert.equal(nearest('tokn', candidates), 'token')
  assert.equal(nearest('chnage', candidates), 'change')
})

test('the beginning of a word means that word', () => {
  assert.equal(nearest('sec', candidates), 'secret')
})

test('a word that is like none of them has no suggestion', () => {
  assert.equal(nearest('deploy', candidates), undefined)
  assert.equal(didYouMean('', candidates), undefined)
  assert.equal(didYouMean('x'.repeat(100_000), candidates), undefined)
})
