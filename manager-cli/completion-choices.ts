/**
 * Completions beyond commands and options: names of contexts, and the securities that the logger records.
 * Errors and slow loggers just yield no choices.
 */

import { Parser } from 'yargs/helpers';
import { CONNECTION_OPTIONS } from './connection-options.ts';
import { contextNames } from './contexts.ts';
import { readEndpoint } from './endpoint.ts';
import type { Io } from './io.ts';

/** The first argument when a completion script calls. */
const COMPLETING = '--get-yargs-completions';
const TIMEOUT_MS = 1000;

export interface Choices {
  readonly contexts: readonly string[];
  readonly securities: readonly string[];
}

const NONE: Choices = { contexts: [], securities: [] };

async function recorded(args: Readonly<Record<string, unknown>>, io: Io): Promise<string[]> {
  const { connect } = await import('./client.ts');
  const client = await connect(readEndpoint(args, io), TIMEOUT_MS);
  try {
    const { securities } = await client.unary('List', {});
    return securities.map(({ security }) => security);
  } finally {
    client.close();
  }
}

/**
 * @param takesSecurity true for a command whose argument is a recorded security.
 * @returns no choices outside completion.
 */
export async function completionChoices(
  argv: readonly string[],
  io: Io,
  takesSecurity: (command: string) => boolean,
): Promise<Choices> {
  if (argv[0] !== COMPLETING) return NONE;
  // The first word is the program.
  const words = argv.slice(2);
  const contexts = contextNames(io.env);
  const { _: plain, ...args } = Parser(words, {
    string: [...CONNECTION_OPTIONS],
    configuration: { 'camel-case-expansion': false, 'dot-notation': false },
  });
  const isOption = words.at(-1)?.startsWith('-') ?? true;
  if (isOption || plain.length < 2 || !takesSecurity(String(plain[0])))
    return { contexts, securities: [] };
  try {
    return { contexts, securities: await recorded(args, io) };
  } catch {
    // No logger, a wrong key, a wrong context: commands report these; completion stays silent.
    return { contexts, securities: [] };
  }
}
