import type { Answer } from './raw-request.ts'
import type { Arrived } from './recording-api.ts'

/** The API's answer: the request as it arrived there. */
export const arrivedIn = ({ body }: Answer): Arrived => JSON.parse(body) as Arrived

/** Every value a header arrived with. */
export const valuesOf = ({ headers }: Arrived, name: string): readonly string[] =>
  headers.filter(([each]) => each === name).map(([, value]) => value)

export const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })
