import { hash, timingSafeEqual } from 'node:crypto'

/** SHA-256 of a text or bytes. */
export const sha256 = (value: string | Uint8Array): Buffer => hash('sha256', value, 'buffer')

/** Whether two values are equal, in a time that depends on their lengths only. */
export const equalInConstantTime = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && timingSafeEqual(a, b)
