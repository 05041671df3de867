import type { ClientView } from '@mintmark/protocol/admin'
import type { OptionSpecs } from './command.ts'
import { usageFailure } from './failure.ts'

type TokenRateLimit = NonNullable<ClientView['tokenRateLimit']>

/** The limit of tokens as flags. */
export const tokenRateOptions = (summary: string) =>
  ({
    'tokens-per-second': { type: 'text', value: 'NUMBER', summary },
    'token-burst': {
      type: 'text',
      value: 'NUMBER',
      summary: 'How many of them at once; as many as in a second by default',
    },
  }) as const satisfies OptionSpecs

const readNumber = (text: string, flag: string, pattern: RegExp): number => {
  if (!pattern.test(text))
    throw usageFailure(`${flag} must be a number, such as ${flag === '--token-burst' ? '20' : '10 or 0.5'}`)
  return Number(text)
}

/** What the flags say, undefined when they are not there, null for `none`. @throws CommandFailure usage */
export const readTokenRate = (options: {
  readonly 'tokens-per-second'?: string | undefined
  readonly 'token-burst'?: string | undefined
}): TokenRateLimit | null | undefined => {
  const { 'tokens-per-second': perSecond, 'token-burst': burst } = options
  if (burst !== undefined && (perSecond === undefined || perSecond === 'none')) {
    throw usageFailure('--token-burst goes with --tokens-per-second')
  }
  if (perSecond === undefined) return undefined
  if (perSecond === 'none') return null
  return {
    perSecond: readNumber(perSecond, '--tokens-per-second', /^\d{1,7}(?:\.\d{1,6})?$/),
    ...(burst === undefined ? {} : { burst: readNumber(burst, '--token-burst', /^\d{1,7}$/) }),
  }
}

/** The limit in words; undefined where there is none. */
export const tokenRate = ({ tokenRateLimit }: { readonly tokenRateLimit?: TokenRateLimit }): string | undefined => {
  if (tokenRateLimit === undefined) return undefined
  const { perSecond, burst } = tokenRateLimit
  return `${perSecond} a second${burst === undefined ? '' : `, ${burst} at once`}, on each node`
}
