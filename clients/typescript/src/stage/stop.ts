import { Waits } from '../timing.js';

/** For what is in hand. Leaving the group comes after it, and all together must fit into 10 s. */
const PATIENCE_MS = 4_000;
/** For each step of the end that comes after it: the last report, the last commit, closing the database. */
export const END_STEP_MS = 1_500;

/**
 * A stage's wish to end.
 *
 *     requested -> the message at hand ends, however long it takes -> 4 s for delivering what is done -> overdue
 */
export class Stop {
  readonly #waits = new Waits();
  #requested = false;
  #isBusy = false;
  #isOverdue = false;
  #timer: NodeJS.Timeout | null = null;
  #expire: () => void = () => undefined;

  /** Resolves when the end is wished for and what is in hand has had its time. */
  readonly expired = new Promise<void>((resolve) => {
    this.#expire = resolve;
  });

  request(): void {
    if (this.#requested) return;
    this.#requested = true;
    this.#beginPatience();
    this.#waits.wake();
  }

  get requested(): boolean {
    return this.#requested;
  }

  /** Notes whether a message is being processed. It may take its time; the patience begins after it. */
  busy(withAMessage: boolean): void {
    this.#isBusy = withAMessage;
    this.#beginPatience();
  }

  get overdue(): boolean {
    return this.#isOverdue;
  }

  /** False, and at once, when the end is wished for. */
  async wait(ms: number): Promise<boolean> {
    if (this.#requested) return false;
    await this.#waits.wait(ms);
    return !this.#requested;
  }

  #beginPatience(): void {
    if (!this.#requested || this.#isBusy || this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#isOverdue = true;
      this.#expire();
    }, PATIENCE_MS);
    this.#timer.unref();
  }
}
