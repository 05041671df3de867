import type { Route } from '../routes/route.ts'
import type { IssuerDocument } from './schema.ts'

/** An issuer of the table, with its line. */
export type TableIssuer = IssuerDocument & { readonly line: number }

/** A route table that was read and checked. */
export type RouteTable = {
  readonly issuers: readonly TableIssuer[]
  readonly routes: readonly Route[]
  /** Beginning of the names of the headers that tell the API who calls: `X-Mintmark-` unless the table says otherwise. */
  readonly headerPrefix: string
  /** What happens to headers by which some servers are told another method or path. */
  readonly overrideHeaders: 'refuse' | 'ignore'
}
