/** What a command ends with (design: exactly these, so that scripts can tell them apart). */
export const exitCode = {
  done: 0,
  /** It was tried and did not work; the line on stderr says why. */
  failed: 1,
  /** The command line makes no sense; nothing was tried. */
  usage: 2,
  notFound: 3,
  /** The credential is wrong, or may not do this. */
  denied: 4,
  /** The environment, a credential file or a declarative file is malformed. */
  badConfiguration: 78,
  /** Ctrl-C: 128 + SIGINT. */
  interrupted: 130,
} as const

export type ExitCode = (typeof exitCode)[keyof typeof exitCode]
