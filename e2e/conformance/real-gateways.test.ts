import { gatewayServers } from '../gateways/gateway-servers.ts'
import { testGateways } from './gateway-vectors.ts'

await testGateways(gatewayServers)
