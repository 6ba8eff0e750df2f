/** Thrown by {@link within} when the time is up. */
export class TimeUp extends Error {
  override name = 'TimeUp';
}

/**
 * What `work` gives, or {@link TimeUp} after `ms`. The work itself goes on: `late` is called with what it gives then,
 * so that nothing of it is left lying about.
 */
export async function within<T>(ms: number, what: string, work: Promise<T>, late?: (value: T) => void): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let over = false;
  const timeUp = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => {
        over = true;
        reject(new TimeUp(`${what} took longer than ${ms} ms`));
      },
      Math.max(0, ms),
    );
  });
  work.then(
    (value) => {
      if (over) late?.(value);
    },
    () => undefined,
  );
  try {
    return await Promise.race([work, timeUp]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits that end early: by `wake()` all of them, or by an AbortSignal. */
export class Waits {
  readonly #waiting = new Set<() => void>();

  /** Until `ms` have passed or wake() is called; at once when `signal` is aborted. */
  async wait(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener('abort', done, { once: true });
      this.#waiting.add(done);
    });
  }

  wake(): void {
    for (const done of [...this.#waiting]) done();
  }
}

/**
 * Exponential waiting between tries: doubles from `first` to `cap`, each wait shortened by up to half at random, so
 * that replicas that failed together do not come back together.
 */
export class Backoff {
  #tries = 0;

  constructor(
    private readonly first: number,
    private readonly cap: number,
    private readonly random: () => number = Math.random,
  ) {}

  /** Milliseconds to wait before the next try. */
  next(): number {
    const full = Math.min(this.cap, this.first * 2 ** Math.min(this.#tries, 20));
    this.#tries += 1;
    return full / 2 + (full / 2) * this.random();
  }

  reset(): void {
    this.#tries = 0;
  }
}
