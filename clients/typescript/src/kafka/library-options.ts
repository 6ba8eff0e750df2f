import type { BaseOptions } from '@platformatic/kafka';

import type { ConnectionOptions } from './connection.js';

/** Options that every client of the library takes. `requestTimeout` is one of its connections, in milliseconds. */
export type LibraryOptions = BaseOptions & { requestTimeout: number };

/** In the library's words; what it does on its own is left to the caller's loops, which know what they are after. */
export function libraryOptions(
  brokers: string[],
  clientId: string,
  requestTimeout: number,
  options: ConnectionOptions,
): LibraryOptions {
  const { ssl, sasl } = options;
  const made: LibraryOptions = {
    clientId: clientId.replace(/\s+/g, '-'),
    bootstrapBrokers: brokers,
    connectTimeout: 5_000,
    requestTimeout,
    retries: 0,
  };
  if (ssl !== undefined && ssl !== false) {
    made.tls = ssl === true ? {} : ssl;
    made.tlsServerName = true;
  }
  if (sasl !== undefined) {
    const { mechanism, ...credentials } = sasl;
    made.sasl = {
      mechanism: mechanism.toUpperCase() as NonNullable<BaseOptions['sasl']>['mechanism'],
      ...credentials,
    };
  }
  return made;
}
