export type MaintenanceStore = {
  /** Rejects with `StoreUnavailableError` when the store cannot take a write now. */
  readonly checkWritable: () => Promise<void>
  /**
   * Copies the store as it is now to a new file (mode 0600) while it works; the file appears when it is whole.
   * @param progress called with the parts copied and the parts in all
   * @throws StoreUnavailableError when the file exists or cannot be written
   */
  readonly backup: (file: string, progress?: (done: number, total: number) => void) => Promise<void>
}
