import type { OptionSpecs, OptionValues } from '../../command.ts'
import { enableOptions, given, listOrAbsent, readEnabled } from '../../values.ts'

/** The members of a webhook as flags. */
export const webhookOptions = {
  url: { type: 'text', value: 'URL', summary: 'Where it is told: https' },
  name: { type: 'text', value: 'TEXT', summary: 'Its name for people' },
  event: {
    type: 'text',
    value: 'TYPE',
    many: true,
    summary: 'What it is told: a type of audit event, or a beginning that ends in a dot, such as credential.',
  },
  ...enableOptions,
  disable: { type: 'switch', summary: 'Let it wait; what happens meanwhile is delivered later' },
} as const satisfies OptionSpecs

/** What the flags say, and nothing else. */
export const readWebhook = (options: OptionValues<typeof webhookOptions>) =>
  given({
    url: options.url,
    displayName: options.name,
    events: listOrAbsent(options.event),
    enabled: readEnabled(options),
  })
