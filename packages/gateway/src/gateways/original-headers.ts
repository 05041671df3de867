import type { Gateway } from './gateway.ts'

/**
 * Reads `X-Original-Method`, `X-Original-URI` and `X-Original-Host`: for gateways that say nothing by themselves, where
 * our configuration sets them and so overwrites what the caller sent.
 */
export const toldByOriginalHeaders: Gateway['told'] = ({ line }) => {
  const method = line('x-original-method')
  const target = line('x-original-uri')
  return method === undefined || target === undefined ? undefined : { method, target, host: line('x-original-host') }
}
