import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createUnderWay } from './under-way.ts'

test('what began and has not ended is there, in whatever order they begin and end', () => {
  const step = fc.record({ begins: fc.boolean(), number: fc.nat(6) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const underWay = createUnderWay<number>()
      const model = new Set<number>()
      for (const { begins, number } of steps) {
        if (!begins) assert.equal(underWay.end(number), model.delete(number))
        else if (!model.has(number)) {
          underWay.begin(number)
          model.add(number)
        }
        assert.deepEqual(underWay.all().toSorted(), [...model].toSorted())
      }
    }),
  )
})
