/** Secrets that must be nowhere but where they belong, and the ways in which they could have been written down. */
export type Canaries = {
  /** Adds a secret under a name that reports may show. */
  readonly add: (name: string, secret: string | Uint8Array) => void
  /** The names of the secrets, with their encoding, that a text or file holds. */
  readonly foundIn: (content: string | Uint8Array) => readonly string[]
}

type Form = { readonly encoding: string; readonly bytes: Buffer }

const formsOf = (secret: Buffer): readonly Form[] => {
  const text = secret.toString()
  const asText = Buffer.from(text).equals(secret)
  const written: Readonly<Record<string, string | undefined>> = {
    base64: secret.toString('base64').replace(/=+$/, ''),
    base64url: secret.toString('base64url'),
    hexadecimal: secret.toString('hex'),
    'percent-encoded': asText ? encodeURIComponent(text) : undefined,
    'as JSON': asText ? JSON.stringify(text).slice(1, -1) : undefined,
    reversed: asText ? [...text].reverse().join('') : undefined,
  }
  const forms = Object.entries(written).flatMap(([encoding, form]) =>
    form === undefined ? [] : [{ encoding, bytes: Buffer.from(form) }],
  )
  return [{ encoding: 'as it is', bytes: secret }, ...forms]
}

/** Tests that use secrets of their own add them, and nothing that the server writes may hold any. */
export const createCanaries = (): Canaries => {
  const known = new Map<string, readonly Form[]>()
  return {
    add: (name, secret) => {
      const bytes = Buffer.from(secret)
      if (bytes.length < 8) throw new Error(`${name} is too short to be told from other text`)
      known.set(name, formsOf(bytes))
    },
    foundIn: (content) => {
      const bytes = Buffer.from(content)
      return [...known].flatMap(([name, forms]) =>
        forms.filter((form) => bytes.includes(form.bytes)).map(({ encoding }) => `${name} (${encoding})`),
      )
    },
  }
}
