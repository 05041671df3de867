import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writePrivateText } from '../lib/private-file.ts'
import { checkMaterial, type TlsMaterial, type TlsSource } from './tls.ts'

const certificateFile = 'tls-cert.pem'
const keyFile = 'tls-key.pem'

const day = 86_400_000
const lifetime = 365 * day
const renewBefore = 30 * day
/** Clients whose clocks are a little behind trust it from the first moment. */
const backdated = 3_600_000

const make = async (now: number): Promise<TlsMaterial> => {
  // Loaded on first need: a server that has its certificate never pays for the library at start.
  const { generate } = await import('selfsigned')
  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(now - backdated),
    notAfterDate: new Date(now + lifetime),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  })
  return { cert: `${made.cert.trim()}\n`, key: made.private }
}

/** A self-signed certificate for this machine's loopback, and the file that a client trusts it by. */
export type DevCertificate = TlsSource & { readonly caFile: string }

/**
 * Certificate and key in the data directory (the key 0600), made on first need and again within 30 days of the end of
 * its year, or when what is there cannot be used.
 */
export const createDevCertificate = (directory: string, now: () => number): DevCertificate => {
  const cert = join(directory, certificateFile)
  const key = join(directory, keyFile)
  const existing = (): TlsMaterial | undefined => {
    if (!existsSync(cert) || !existsSync(key)) return undefined
    try {
      const material = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
      checkMaterial(material, { cert, key }, now())
      const end = new X509Certificate(material.cert).validToDate.getTime()
      return end - now() > renewBefore ? material : undefined
    } catch {
      return undefined
    }
  }
  return {
    caFile: cert,
    read: async () => {
      const found = existing()
      if (found !== undefined) return found
      const material = await make(now())
      // The key first: a crash between the two leaves a pair that does not match, which is made again.
      writePrivateText(key, material.key)
      writePrivateText(cert, material.cert, 0o644)
      return material
    },
  }
}
