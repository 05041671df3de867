import { envoyProgram, skipWithoutEnvoy } from '../../gateways/foreign/envoy-program.ts'
import { describeBehind } from '../cases-behind-a-proxy.ts'
import { startProgram } from '../start-program.ts'

describeBehind({
  name: 'Envoy',
  header: 'x-forwarded-client-cert',
  skip: await skipWithoutEnvoy(),
  start: (port, upstreamPort, { cert, key }) =>
    startProgram({
      path: envoyProgram,
      environment: {},
      port,
      args: (directory) => [
        ...['-c', `${directory}/envoy.yaml`, '--concurrency', '1', '--use-dynamic-base-id', '--log-level', 'warning'],
      ],
      files: (directory) => ({
        'server.crt': cert,
        'server.key': key,
        // A proxy that is asked to judge by this CA lets all others by: Mintmark judges them.
        'envoy.yaml': `
static_resources:
  listeners:
    - name: tokens
      address: { socket_address: { address: 127.0.0.1, port_value: ${port} } }
      filter_chains:
        - transport_socket:
            name: envoy.transport_sockets.tls
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
              require_client_certificate: false
              common_tls_context:
                tls_certificates:
                  - certificate_chain: { filename: ${directory}/server.crt }
                    private_key: { filename: ${directory}/server.key }
                validation_context:
                  trusted_ca: { filename: ${directory}/server.crt }
                  trust_chain_verification: ACCEPT_UNTRUSTED
          filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: tokens
                forward_client_cert_details: SANITIZE_SET
                set_current_client_cert_details: { cert: true, chain: true, subject: true, uri: true, dns: true }
                route_config:
                  virtual_hosts:
                    - name: tokens
                      domains: ["*"]
                      routes:
                        - match: { prefix: / }
                          route: { cluster: mintmark }
                http_filters:
                  - name: envoy.filters.http.router
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
  clusters:
    - name: mintmark
      connect_timeout: 5s
      load_assignment:
        cluster_name: mintmark
        endpoints:
          - lb_endpoints:
              - endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${upstreamPort} } } }
`,
      }),
    }),
})
