/**
 * Thrown by processMessage() when not the message is to blame but something that it needs is away: it is tried again
 * until it works, and never becomes a dead letter.
 */
export class TryLater extends Error {
  override name = 'TryLater';
}

/** By its name, too: a program may have the package as ES module and as CommonJS at once, which are two classes. */
export function isTryLater(error: unknown): boolean {
  return error instanceof TryLater || (error instanceof Error && error.name === 'TryLater');
}
