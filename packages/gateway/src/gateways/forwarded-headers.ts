import type { Gateway } from './gateway.ts'

/** Reads `X-Forwarded-Method`, `X-Forwarded-Uri` and `X-Forwarded-Host`, which the gateway sets by itself. */
export const toldByForwardedHeaders: Gateway['told'] = ({ line }) => {
  const method = line('x-forwarded-method')
  const target = line('x-forwarded-uri')
  return method === undefined || target === undefined ? undefined : { method, target, host: line('x-forwarded-host') }
}
