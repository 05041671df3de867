/**
 * Reads a duration among the options. What is no number would never be over, and what was remembered would hold for ever.
 * @throws TypeError for anything but whole milliseconds that a timer can wait
 */
export function milliseconds(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0 && value <= 2_147_483_647) return value
  throw new TypeError(`protect: ${name} is not a whole number of milliseconds`)
}
