import { TimeUp, within } from '../timing.js';

/** What this package needs of a connection of `pg`. */
export interface DatabaseClient {
  query(sql: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
  /** With an error or true the connection is closed instead of being used again. */
  release(error?: Error | boolean): void;
  /**
   * A connection that breaks while it is lent out says so here, besides failing its query: without a listener that ends
   * the process. The pool listens only while it has the connection.
   */
  on?(event: 'error', listener: (error: Error) => void): unknown;
  removeListener?(event: 'error', listener: (error: Error) => void): unknown;
}

/** What this package needs of a Pool of `pg`, of whichever version. The caller owns it; it is never ended here. */
export interface DatabasePool {
  connect(): Promise<DatabaseClient>;
}

export type DatabaseProblem = 'away' | 'not_set_up' | 'refused';

/** Why the database did not do as it was asked. The message has no passwords in it. */
export class DatabaseError extends Error {
  override name = 'DatabaseError';
  constructor(
    readonly problem: DatabaseProblem,
    message: string,
    /** of the database's answer */
    readonly sqlstate?: string,
  ) {
    super(message);
  }
}

/** For connecting and for the answer, each. */
const SILENCE_MS = 5_000;
/**
 * In the statement's own transaction, so that it holds for nothing else of the caller's connection, and behind a
 * PgBouncer in transaction mode, too. Compiling the views would take seconds where reading them takes milliseconds.
 */
const BEGIN = 'BEGIN; SET LOCAL statement_timeout = 4500; SET LOCAL jit = off';

/** No such table, function, column or schema, or no privilege. */
const NOT_SET_UP = new Set(['42P01', '42883', '42703', '3F000', '42501']);

/**
 * One statement in a transaction of its own.
 * Fails: {@link DatabaseError}, after 5 s for a connection and 5 s for the answer at the latest. A connection that did
 * not answer is closed, so that it does not keep a place in the caller's pool.
 */
export async function ask(pool: DatabasePool, sql: string, values: unknown[]): Promise<Record<string, unknown>[]> {
  let client: DatabaseClient;
  try {
    client = await within(SILENCE_MS, 'to get a connection', pool.connect(), (late) => late.release());
  } catch (error) {
    throw new DatabaseError('away', `no connection to the database: ${messageOf(error)}`);
  }
  client.on?.('error', failedWithItsQuery);
  try {
    const rows = await within(SILENCE_MS, 'the answer', transaction(client, sql, values));
    client.release();
    return rows;
  } catch (error) {
    await giveBack(client, error);
    throw problemOf(error);
  } finally {
    client.removeListener?.('error', failedWithItsQuery);
  }
}

const failedWithItsQuery = (): void => undefined;

async function transaction(client: DatabaseClient, sql: string, values: unknown[]): Promise<Record<string, unknown>[]> {
  await client.query(BEGIN);
  const { rows } = await client.query(sql, values);
  await client.query('COMMIT');
  return rows;
}

/** The connection of a failed statement: back into the pool if it is as before, else closed. */
async function giveBack(client: DatabaseClient, error: unknown): Promise<void> {
  if (error instanceof TimeUp || sqlstateOf(error) === undefined) {
    client.release(true);
    return;
  }
  try {
    await within(SILENCE_MS, 'ROLLBACK', client.query('ROLLBACK'));
    client.release();
  } catch {
    client.release(true);
  }
}

function problemOf(error: unknown): DatabaseError {
  const sqlstate = sqlstateOf(error);
  const message = messageOf(error);
  if (sqlstate === undefined) {
    return new DatabaseError('away', `the connection to the database broke: ${message}`);
  }
  if (NOT_SET_UP.has(sqlstate)) {
    const what = `the database is not set up for this: ${message} (run \`kafka-to-db-consumer migrate\`)`;
    return new DatabaseError('not_set_up', what, sqlstate);
  }
  return new DatabaseError('refused', `the database refused: ${message}`, sqlstate);
}

/** Five characters are an SQLSTATE; Node.js has codes such as ECONNREFUSED. */
function sqlstateOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

function messageOf(error: unknown): string {
  // A refused connection to a name with several addresses has no message of its own.
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join(', ');
  return error instanceof Error ? error.message : String(error);
}
