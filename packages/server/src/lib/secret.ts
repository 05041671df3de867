import { clientSecretPrefix, sealFormat } from '@mintmark/protocol'
import { sha256 } from './digest.ts'
import type { Random } from './random.ts'

const secretLength = 32

/** A generated client secret of 256 bits, shown once; what is stored of it is `digest` and `hint`. */
export type GeneratedSecret = { readonly secret: string; readonly digest: string; readonly hint: string }

export const generateSecret = (random: Random): GeneratedSecret => {
  const secret = sealFormat(clientSecretPrefix, random.bytes(secretLength))
  return { secret, digest: sha256(secret).toString('base64url'), hint: secret.slice(-4) }
}
