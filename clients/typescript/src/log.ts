/** Where the package says what happens. All of it goes to stderr by default. */
export interface Logger {
  info(text: string): void;
  warn(text: string): void;
  error(text: string): void;
}

export const consoleLogger: Logger = {
  info: (text) => console.error(text),
  warn: (text) => console.warn(text),
  error: (text) => console.error(text),
};

/** An error's own words, and those of what caused it: the library's errors are lists of errors. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const parts = [error.message];
  const inner: unknown[] = error instanceof AggregateError ? error.errors : [];
  for (const one of [...inner, error.cause]) {
    if (one !== undefined && one !== null) parts.push(describe(one));
  }
  return [...new Set(parts.filter((part) => part !== ''))].join(': ') || error.name;
}
