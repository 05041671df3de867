/** What the server of a soak is told. */
export type ServerMessage =
  | { readonly kind: 'measure' }
  /** So much time passes at once. */
  | { readonly kind: 'pass'; readonly milliseconds: number }
  /** It forgets what is over. */
  | { readonly kind: 'forget' }

export type Memory = {
  readonly residentBytes: number
  /** Of the heap, after it was collected. */
  readonly heapBytes: number
  /** Outside of the heap, held by objects in it. */
  readonly externalBytes: number
}

export type ServerReply =
  | { readonly kind: 'ready'; readonly publicUrl: string; readonly adminUrl: string }
  | ({ readonly kind: 'memory' } & Memory)
  /** How far its clock is ahead, in milliseconds. */
  | { readonly kind: 'passed'; readonly ahead: number }
  | { readonly kind: 'forgotten'; readonly milliseconds: number }
  | { readonly kind: 'error'; readonly message: string }
