/** The names of an options object, each of which must be there: a new option that is forgotten here does not compile. */
export type OptionNames<Options> = Readonly<Record<keyof Required<Options>, true>>

/**
 * The first name among the options given that means nothing. A mistyped one would otherwise be a default, and a default
 * may be less strict than what was meant.
 */
export function unknownOption<Options extends object>(given: Options, known: OptionNames<Options>): string | undefined {
  return Object.keys(given).find((name) => !Object.hasOwn(known, name))
}
