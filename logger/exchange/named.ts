/** Symbols in a line of the log: the first few, and how many more. */

const MAX_NAMED = 3;

export function named(symbols: readonly string[]): string {
  const more = symbols.length > MAX_NAMED ? ` and ${symbols.length - MAX_NAMED} more` : '';
  return symbols.slice(0, MAX_NAMED).join(',') + more;
}
