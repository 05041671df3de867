/** Values of the server itself, such as the check of the master key. */
export type SettingStore = {
  readonly read: (name: string) => Promise<string | undefined>
  readonly write: (name: string, value: string) => Promise<void>
  /** Writes a value where there is none; returns the one that is there then, whichever node wrote it. */
  readonly keep: (name: string, value: string) => Promise<string>
}
