import type { ConnectionOptions as TlsOptions } from 'node:tls';

/** As whom to log in at the brokers. */
export interface SaslOptions {
  /** `plain`, `scram-sha-256`, `scram-sha-512` or `oauthbearer`, in whichever case */
  mechanism: string;
  username?: string;
  password?: string;
  /** with `oauthbearer` */
  token?: string;
}

/** How to reach the brokers. */
export interface ConnectionOptions {
  /** Default: the service's name. */
  clientId?: string;
  /** true: TLS with the usual certificates; or options of node:tls. */
  ssl?: boolean | TlsOptions;
  sasl?: SaslOptions;
}

/** `a:9092, b:9092` as a list. */
export function brokerList(servers: string): string[] {
  return servers
    .split(',')
    .map((server) => server.trim())
    .filter((server) => server !== '');
}
