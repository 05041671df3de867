import { testGateways } from '../../conformance/gateway-vectors.ts'
import { foreignGatewayServers } from '../gateway-servers.ts'

// Every vector behind gateways from other registries: npm test -- --only foreign-gateways --timeout 600
await testGateways(foreignGatewayServers)
