import { Waits } from '../timing.js';

/** For what is in hand. Leaving the group comes after it, and all together must fit into 10 s. */
const PATIENCE_MS = 4_000;
/** For each step of the end that comes after it: the last report, the last commit, closing the database. */
export const END_STEP_MS = 1_500;

/** A stage's wish to end, and how long what is in hand may still take. */
export class StageStop {
  readonly #waits = new Waits();
  #requested = false;
  #timer: NodeJS.Timeout | null = null;
  #expire: () => void = () => undefined;
  #isOverdue = false;

  /** Resolves when the end is wished for and what is in hand has had its time. */
  readonly expired = new Promise<void>((resolve) => {
    this.#expire = resolve;
  });

  request(): void {
    if (this.#requested) return;
    this.#requested = true;
    this.restart();
    this.#waits.wake();
  }

  get requested(): boolean {
    return this.#requested;
  }

  get overdue(): boolean {
    return this.#isOverdue;
  }

  /** The message at hand has ended: the time for delivering what is done begins. */
  restart(): void {
    if (!this.#requested || this.#isOverdue) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#isOverdue = true;
      this.#expire();
    }, PATIENCE_MS);
    this.#timer.unref();
  }

  /** False, and at once, when the end is wished for. */
  async wait(ms: number): Promise<boolean> {
    if (this.#requested) return false;
    await this.#waits.wait(ms);
    return !this.#requested;
  }
}
