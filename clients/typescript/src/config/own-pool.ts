import pg from 'pg';

/** A stage's own connections: one for the settings, one for the reports. The caller ends the pool. */
export function openPool(databaseUrl: string): pg.Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    application_name: 'loom-kafka-config',
    max: 2,
    connectionTimeoutMillis: 5_000,
  });
  // A connection that breaks while nobody uses it: the next one is made when it is needed.
  pool.on('error', () => undefined);
  return pool;
}
