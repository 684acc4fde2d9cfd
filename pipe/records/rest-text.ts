import type { ResultRecord } from './records.ts';

/** What is left of an action, or missing, for people; '' if nothing is. */
export function restText({ rest, worth }: Pick<ResultRecord, 'rest' | 'worth'>): string {
  if (rest === '0') return '';
  return rest.startsWith('-')
    ? `${rest.slice(1)} missing, worth ${worth}`
    : `${rest} left over, worth ${worth}`;
}
