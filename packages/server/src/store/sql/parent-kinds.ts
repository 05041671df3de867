import type { EntityKind } from '../store.ts'

/** Which kind of entity an entity of a kind belongs to, `parent` being its id; the others stand alone, with an empty parent. */
export const parentKinds: Readonly<Partial<Record<EntityKind, EntityKind>>> = {
  credential: 'client',
  rotation: 'client',
}

/** The kinds that belong to a kind. */
export const childKinds = (kind: EntityKind): readonly EntityKind[] =>
  (Object.entries(parentKinds) as [EntityKind, EntityKind][]).flatMap(([child, parent]) =>
    parent === kind ? [child] : [],
  )
