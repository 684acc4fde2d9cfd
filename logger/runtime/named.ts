/** Names in a line of the log: the first few, and how many more. */

const MAX_NAMED = 3;

export function named(names: readonly string[]): string {
  const more = names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : '';
  return names.slice(0, MAX_NAMED).join(',') + more;
}
