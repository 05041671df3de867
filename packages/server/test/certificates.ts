import { randomBytes } from 'node:crypto'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonGeneralNames,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  X509CrlGenerator,
} from '@peculiar/x509'

const day = 86_400_000
const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' }

/** A certificate and its key, PEM both, as a client or a CA has them. */
export type Issued = {
  readonly subject: string
  readonly cert: string
  readonly key: string
  readonly der: Buffer
  readonly serial: string
  readonly keys: CryptoKeyPair
}

type Wanted = {
  /** RFC 4514; the most significant part last. */
  readonly subject?: string
  readonly names?: JsonGeneralNames
  readonly notBefore?: number
  readonly notAfter?: number
  readonly extensions?: readonly Extension[]
  /** Who signs it; by default itself. */
  readonly by?: Issued
  readonly keys?: CryptoKeyPair
  /** Default ECDSA with SHA-256. */
  readonly signature?: Algorithm
}

const newKeys = (): Promise<CryptoKeyPair> =>
  crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])

/** Makes a certificate with exactly these extensions. Its times count from now, in milliseconds. */
export const issue = async ({
  subject = 'CN=client',
  names = [],
  notBefore = -day,
  notAfter = 10 * day,
  extensions = [],
  by,
  keys,
  signature = signingAlgorithm,
}: Wanted): Promise<Issued> => {
  const own = keys ?? (await newKeys())
  const serial = `01${randomBytes(12).toString('hex')}`
  const made = await X509CertificateGenerator.create(
    {
      serialNumber: serial,
      // The library writes names in the order of its text, and RFC 4514 has them from the last.
      subject: reversed(subject),
      issuer: reversed(by?.subject ?? subject),
      notBefore: new Date(Date.now() + notBefore),
      notAfter: new Date(Date.now() + notAfter),
      signingAlgorithm: signature,
      publicKey: own.publicKey,
      signingKey: by?.keys.privateKey ?? own.privateKey,
      extensions: [...extensions, ...(names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names)])],
    },
    crypto,
  )
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', own.privateKey))
  return {
    subject,
    cert: `${made.toString('pem')}\n`,
    key: `-----BEGIN PRIVATE KEY-----\n${pkcs8.toString('base64')}\n-----END PRIVATE KEY-----\n`,
    der: Buffer.from(made.rawData),
    serial,
    keys: own,
  }
}

const reversed = (name: string): string =>
  name
    .split(/(?<!\\),/)
    .reverse()
    .join(',')

/** What a CA's certificate has. */
export const authority = (pathLength?: number): readonly Extension[] => [
  new BasicConstraintsExtension(true, pathLength, true),
  new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
]

export const clientPurpose = new ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.2'])
export const serverPurpose = new ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.1'])

/** A revocation list of a CA, PEM; times count from now. */
export const revocationList = async (
  by: Issued,
  revoked: readonly Issued[],
  { thisUpdate = -day, nextUpdate = day, signedBy = by } = {},
): Promise<string> => {
  const list = await X509CrlGenerator.create(
    {
      issuer: reversed(by.subject),
      thisUpdate: new Date(Date.now() + thisUpdate),
      nextUpdate: new Date(Date.now() + nextUpdate),
      entries: revoked.map(({ serial }) => ({ serialNumber: serial, revocationDate: new Date(Date.now() - day) })),
      signingAlgorithm,
      signingKey: signedBy.keys.privateKey,
    },
    crypto,
  )
  return `-----BEGIN X509 CRL-----\n${Buffer.from(list.rawData).toString('base64')}\n-----END X509 CRL-----\n`
}
