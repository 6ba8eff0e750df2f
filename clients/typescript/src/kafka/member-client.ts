import {
  type API,
  type Broker,
  type Callback,
  type Connection,
  ConnectionPool,
  Consumer,
  kGetApi,
  kGetConnection,
  kOptions,
  kPerformWithRetry,
  NetworkError,
} from '@platformatic/kafka';

import type {
  FetchRequest,
  FetchResponse,
  HeartbeatRequest,
  HeartbeatResponse,
  LeaveGroupRequest,
  LeaveGroupResponse,
} from './protocol.js';

/**
 * The library's consumer as a bare member of a group: it joins, sends heartbeats and commits. Its stream of messages is
 * not used, since that keeps what was fetched for partitions that have gone to others, cannot be set back, and ends
 * with the first error. What is overridden here, and why:
 *  - the library joins anew at once when it hears of a rebalance; here the owner finishes what it is doing first;
 *  - a broker that is missing in the metadata would throw out of a socket's event, and end the process;
 *  - it decides itself which messages of aborted transactions to leave out, and throws on some; so a fetch is one
 *    request here, and `records.ts` decides.
 */
export class MemberClient extends Consumer {
  /** Awaited before each JoinGroup request. */
  declare beforeJoin: (() => Promise<void>) | undefined;
  declare closing: boolean | undefined;

  override [kPerformWithRetry]<T>(
    operationId: string,
    operation: (callback: Callback<T>) => void,
    callback: Callback<T>,
    attempt?: number,
    errors?: Error[],
    shouldSkipRetry?: (error: Error) => boolean,
  ): void | Promise<T> {
    const perform = (): void | Promise<T> =>
      super[kPerformWithRetry](operationId, operation, callback, attempt, errors, shouldSkipRetry);
    if (operationId !== 'joinGroup' || this.beforeJoin === undefined) return perform();
    this.beforeJoin().then<unknown, void>(
      () => {
        if (this.closing !== true) return perform();
        callback(new NetworkError('left the group'));
      },
      // The owner could not let go: it does not join, and hears why.
      (error: unknown) => callback(error as Error),
    );
  }

  override [kGetConnection](broker: Broker | undefined, callback: Callback<Connection>): void {
    if (broker === undefined) {
      // The next request asks who is there.
      this.clearMetadata();
      callback(new NetworkError('the broker is not there'));
      return;
    }
    super[kGetConnection](broker, callback);
  }

  /** A heartbeat outside of the library's own, which stop when it is about to join. Errors do not matter. */
  async beat(): Promise<void> {
    if (this.memberId === null) return;
    const coordinator = await this.#coordinator();
    if (coordinator === undefined) return;
    const connection = await new Promise<Connection>((resolve, reject) => {
      this[kGetConnection](coordinator, settle(resolve, reject));
    });
    const api = await this.#api<HeartbeatRequest, HeartbeatResponse>('Heartbeat');
    await api.async(connection, this.groupId, this.generationId, this.memberId, this.groupInstanceId);
  }

  /**
   * Leaves the group by a connection of its own: the one to the coordinator is blocked while a JoinGroup request waits
   * for the others.
   */
  async leaveNow(): Promise<void> {
    if (this.memberId === null) return;
    const memberId = this.memberId;
    const coordinator = await this.#coordinator();
    if (coordinator === undefined) return;
    const pool = new ConnectionPool(this.clientId, this[kOptions]);
    try {
      const connection = await pool.get(coordinator);
      const api = await this.#api<LeaveGroupRequest, LeaveGroupResponse>('LeaveGroup');
      await api.async(connection, this.groupId, [{ memberId }]);
    } finally {
      await pool.close();
    }
  }

  /** One Fetch request to one broker, over `pool`, since a fetch blocks its connection. */
  async fetchFrom(pool: ConnectionPool, broker: Broker, request: FetchRequest): Promise<FetchResponse> {
    const api = await this.#api<FetchRequest, FetchResponse>('Fetch');
    const connection = await pool.get(broker);
    return api.async(connection, ...request);
  }

  newPool(): ConnectionPool {
    return new ConnectionPool(this.clientId, this[kOptions]);
  }

  async #coordinator(): Promise<Broker | undefined> {
    const id = this.coordinatorId;
    return id === null ? undefined : this.currentMetadata?.brokers.get(id);
  }

  #api<Request extends unknown[], Response>(name: string): Promise<API<Request, Response>> {
    return new Promise((resolve, reject) => {
      this[kGetApi]<Request, Response>(name, settle(resolve, reject));
    });
  }
}

function settle<T>(resolve: (value: T) => void, reject: (error: Error) => void): Callback<T> {
  return (error, value) => {
    if (error !== null && error !== undefined) reject(error);
    else resolve(value as T);
  };
}
