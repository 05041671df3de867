import { failed } from '../../failure.ts'

/** The text of a file with a certificate. @throws CommandFailure for a file with a private key, which must not leave this machine */
export const publicPart = (text: string, name: string): string => {
  if (text.includes('PRIVATE KEY')) throw failed(`${name} holds a private key: name the file of the certificate alone`)
  return text
}
