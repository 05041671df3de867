import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { badConfiguration, CommandFailure } from '../failure.ts'
import { readTextFile } from './read-file.ts'

/**
 * Trusts the certificates of a PEM file besides those the system trusts, for every request of this process from now on.
 * @throws CommandFailure bad configuration when the file cannot be read or holds no certificate
 */
export const trustCertificates = (file: string, cwd: string): void => {
  try {
    const text = readTextFile(file, cwd)
    if (!text.includes('-----BEGIN CERTIFICATE-----')) throw badConfiguration(`${file} holds no certificate in PEM`)
    setDefaultCACertificates([...getCACertificates('default'), text])
  } catch (error) {
    if (error instanceof CommandFailure) throw badConfiguration(error.message)
    throw badConfiguration(`${file} holds a malformed certificate`)
  }
}
