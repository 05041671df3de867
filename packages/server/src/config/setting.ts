type Common = {
  /** Path in `mintmark.yaml`, such as `public.port`. */
  readonly path: string
  readonly environment: string
  /** Command-line flag, where there is one. */
  readonly flag?: string
  /** What it means, in one sentence. */
  readonly sentence: string
}

type TextSetting = Common & {
  readonly type: 'text'
  readonly default: string
  /** What the default is where it is not a constant, for people. */
  readonly defaultText?: string
  /** A secret is never printed, and may come from a file named by the environment name and `_FILE`. */
  readonly secret?: true
  /** A URL that may hold a password, which is not printed. */
  readonly address?: true
  readonly choices?: readonly string[]
}

type NumberSetting = Common & {
  readonly type: 'integer'
  readonly default: number
  readonly minimum: number
  readonly maximum: number
  readonly unit: string
}

type SwitchSetting = Common & { readonly type: 'switch'; readonly default: boolean }

/** One setting of the process: what it is called where it is read, what it may be, and what it means. */
export type Setting = TextSetting | NumberSetting | SwitchSetting

export const text = <const S extends Omit<TextSetting, 'type'>>(setting: S) => ({ ...setting, type: 'text' }) as const
export const integer = <const S extends Omit<NumberSetting, 'type'>>(setting: S) =>
  ({ ...setting, type: 'integer' }) as const
export const flag = <const S extends Omit<SwitchSetting, 'type'>>(setting: S) =>
  ({ ...setting, type: 'switch' }) as const
