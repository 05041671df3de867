import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import type { TlsMaterial } from '../operation/listener.ts'
import { OptionError } from '../operation/option-error.ts'

/** PEM files. */
export type TlsFiles = { readonly certFile: string; readonly keyFile: string }

/** @throws OptionError for a file that cannot be read, or a pair that is none */
export const readTls = ({ certFile, keyFile }: TlsFiles): TlsMaterial => {
  const material = { cert: readPem(certFile), key: readPem(keyFile) }
  try {
    createSecureContext(material)
    return material
  } catch {
    throw new OptionError(`${certFile} and ${keyFile} are not a certificate and its key`)
  }
}

const readPem = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    throw new OptionError(`${file} cannot be read (${code})`)
  }
}
