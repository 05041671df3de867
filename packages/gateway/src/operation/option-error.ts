/** An option that makes no sense; the message says which and what it may be. */
export class OptionError extends Error {
  override readonly name = 'OptionError'
}
