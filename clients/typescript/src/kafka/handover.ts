/**
 * What lies between the owner's work and the group: the group must not share partitions out while the owner works on
 * them, and the owner must not keep the group waiting for longer than it may.
 * Owns: the timer of the turn at hand; endTurn() clears it.
 */
export class Handover {
  #isWorking = false;
  #overdue: NodeJS.Timeout | null = null;
  #release: (() => void) | null = null;

  /** True while a rebalance waits for letGo(). */
  get isAwaited(): boolean {
    return this.#release !== null;
  }

  /** True while a turn is handed out and the owner has not come back for the next one. */
  get isWorking(): boolean {
    return this.#isWorking;
  }

  /** `overdue` is called when the turn has not ended after `limitMs`. */
  beginTurn(limitMs: number, overdue: () => void): void {
    this.#isWorking = true;
    this.#overdue = setTimeout(overdue, limitMs);
  }

  endTurn(): void {
    this.#isWorking = false;
    if (this.#overdue !== null) clearTimeout(this.#overdue);
    this.#overdue = null;
  }

  /** A rebalance: resolves with the next letGo(). One rebalance may ask several times. */
  untilLetGo(): Promise<void> {
    return new Promise((resolve) => {
      const before = this.#release;
      this.#release = () => {
        before?.();
        resolve();
      };
    });
  }

  /** The partitions are given up: whoever waits for that goes on. */
  letGo(): void {
    this.#release?.();
    this.#release = null;
  }
}
