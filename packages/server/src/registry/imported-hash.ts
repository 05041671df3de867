/** Bounds on each parameter of an imported hash; what they cost together is bounded below. */
const bounds: Readonly<Record<string, Readonly<Record<string, readonly [least: number, most: number]>>>> = {
  argon2id: { m: [8, 262_144], t: [1, 20], p: [1, 16] },
  scrypt: { ln: [1, 17], r: [1, 16], p: [1, 16] },
  pbkdf2: { i: [1, 3_000_000] },
  'pbkdf2-sha256': { i: [1, 3_000_000] },
  'pbkdf2-sha512': { i: [1, 3_000_000] },
}

/**
 * What verifying takes, in parts of the most it may: a second or so, and 256 MiB. Hashes are verified one at a time for all
 * clients.
 */
const costs: Readonly<Record<string, (of: Readonly<Record<string, number>>) => number>> = {
  argon2id: ({ m = 0, t = 0 }) => (m * t) / 1_048_576,
  scrypt: ({ ln = 0, r = 8, p = 1 }) => (2 ** ln * r * p) / 4_194_304,
}

const bcrypt = /^\$2[aby]\$(0[4-9]|1[0-5])\$[./A-Za-z0-9]{53}$/
const phc =
  /^\$(?<id>[a-z0-9-]+)(?:\$v=(?<version>\d+))?\$(?<parameters>[a-z]+=\d+(?:,[a-z]+=\d+)*)\$(?<salt>[A-Za-z0-9+/.]+)\$(?<hash>[A-Za-z0-9+/.]+)$/
/** As passlib writes it: the rounds without their name. */
const passlib = /^(\$pbkdf2(?:-sha\d+)?\$)(\d+)(\$)/

/** The least a hash must hold, 16 bytes in base64, and the most, 64: each block more is computed again from the start. */
const leastHashLength = 22
const mostHashLength = 88

/**
 * Reads the hash of a secret that another server kept: bcrypt, or a PHC string of argon2id, scrypt, pbkdf2 (SHA-1),
 * pbkdf2-sha256 or pbkdf2-sha512.
 * @returns the hash as we keep it, or what is wrong with it
 */
export const readImportedHash = (text: string): { readonly phc: string } | { readonly wrong: string } => {
  if (bcrypt.test(text)) return { phc: text }
  if (text.startsWith('$2')) return { wrong: 'it is not a bcrypt hash of cost 4 to 15' }
  const named = text.replace(passlib, '$1i=$2$3')
  const parts = phc.exec(named)?.groups
  const limits = bounds[parts?.id ?? '']
  if (parts === undefined || limits === undefined) {
    return { wrong: `it is not bcrypt and not a PHC string of ${Object.keys(bounds).join(', ')}` }
  }
  if (parts.id === 'argon2id' && parts.version !== '19') return { wrong: 'only version 19 of argon2id is verified' }
  const given = new Map((parts.parameters ?? '').split(',').map((pair) => pair.split('=') as [string, string]))
  for (const [name, [least, most]] of Object.entries(limits)) {
    const value = Number(given.get(name))
    if (!(value >= least && value <= most)) return { wrong: `its ${name} must be from ${least} to ${most}` }
  }
  const numbers = Object.fromEntries([...given].map(([name, value]) => [name, Number(value)]))
  if ((costs[parts.id ?? '']?.(numbers) ?? 0) > 1) return { wrong: 'its parameters together cost too much to verify' }
  if ((parts.hash ?? '').length > mostHashLength) return { wrong: 'it is longer than 64 bytes' }
  if ((parts.hash ?? '').length < leastHashLength) return { wrong: 'it is shorter than 16 bytes' }
  return { phc: named }
}
