import { type Body, type Fault, type Place, placeName } from './kinds/kind.ts'
import type { WorkingState } from './state.ts'
import { credentialPlace, type Step } from './steps.ts'

const merged = (body: Body, patch: Body): Body => {
  const result: Record<string, unknown> = { ...body }
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name]
    else if (value !== undefined) result[name] = value
  }
  return result
}

/** Applies one step; what it cannot be applied to is a fault. */
export const applyStep = async (state: WorkingState, step: Step): Promise<Fault[]> => {
  const { place } = step
  const { after } = await state.read(place)
  if (step.action === 'put') await state.write(place, step.body)
  else if (step.action === 'create') {
    if (after !== undefined) return [{ fault: 'exists', message: `${placeName(place)} exists already` }]
    await state.write(place, step.body)
  } else {
    if (after === undefined) return [{ fault: 'missing', message: `${placeName(place)} does not exist` }]
    if (step.action === 'update') await state.write(place, merged(after, step.patch))
    else {
      if (place.kind === 'client') {
        for (const id of await state.credentialsOf(place.id))
          await state.write(credentialPlace(place.id, id), undefined)
        const rotation: Place = { kind: 'rotation', id: place.id, parent: place.id }
        if ((await state.read(rotation)).after !== undefined) await state.write(rotation, undefined)
      }
      await state.write(place, undefined)
    }
  }
  return []
}
