import { integer, type Setting, text } from '../setting.ts'

/** The verifier for gateways beside the server. */
export const gatewaySettings = {
  gatewayRoutes: text({
    path: 'gateway.routes',
    environment: 'MINTMARK_GATEWAY_ROUTES',
    flag: '--gateway-routes',
    default: '',
    defaultText: 'none',
    sentence: 'Route table of the verifier for gateways, which then runs beside the server, on a listener of its own.',
  }),
  gatewayHost: text({
    path: 'gateway.host',
    environment: 'MINTMARK_GATEWAY_HOST',
    default: '127.0.0.1',
    sentence: 'Address the listener for gateways binds to.',
  }),
  gatewayPort: integer({
    path: 'gateway.port',
    environment: 'MINTMARK_GATEWAY_PORT',
    default: 6752,
    minimum: 0,
    maximum: 65_535,
    unit: 'port',
    sentence: 'Port of the listener for gateways; 0 takes a free one.',
  }),
  gatewayPeers: text({
    path: 'gateway.peers',
    environment: 'MINTMARK_GATEWAY_PEERS',
    default: '',
    defaultText: 'this machine',
    sentence: 'Addresses and ranges that may ask the verifier, separated by commas.',
  }),
} as const satisfies Readonly<Record<string, Setting>>
