/**
 * Reads a duration among the options, in whole milliseconds. What is no number would never be over, and what was
 * remembered would hold for ever.
 * @throws TypeError for anything but milliseconds that a timer can wait
 */
export function milliseconds(name: string, value: number): number {
  if (Number.isFinite(value) && value >= 0 && value <= 2_147_483_647) return Math.ceil(value)
  throw new TypeError(`protect: ${name} is not a number of milliseconds`)
}
