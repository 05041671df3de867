/** What a claim must not be, whichever claim it is. */
export const wrongTypes: readonly (readonly [id: string, value: unknown])[] = [
  ['missing', undefined],
  ['null', null],
  ['true', true],
  ['false', false],
  ['empty-string', ''],
  ['object', {}],
  ['empty-array', []],
]

/** A value in a title. */
export const show = (value: unknown) => (value === undefined ? 'missing' : JSON.stringify(value))
