import { usageFailure } from '../../failure.ts'

/** A revision number. @throws CommandFailure usage */
export const readRevision = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw usageFailure(`"${text}" is not the number of a revision`)
  return Number(text)
}
