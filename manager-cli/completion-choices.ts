/**
 * What the shell is offered beyond commands and options: names of contexts, and the securities that
 * the logger records. Whatever goes wrong, or takes longer than a finger notices, is no choice.
 */

import { Parser } from 'yargs/helpers';
import { CONNECTION_OPTIONS } from './connection-options.ts';
import { contextNames } from './contexts.ts';
import { readEndpoint } from './endpoint.ts';
import type { Io } from './io.ts';

/** What the parser calls itself with, from the completion scripts. */
const COMPLETING = '--get-yargs-completions';
const LIMIT_MS = 1000;

export interface Choices {
  readonly contexts: readonly string[];
  readonly securities: readonly string[];
}

const NONE: Choices = { contexts: [], securities: [] };

async function recorded(args: Readonly<Record<string, unknown>>, io: Io): Promise<string[]> {
  const { connect } = await import('./client.ts');
  const client = await connect(readEndpoint(args, io), LIMIT_MS);
  try {
    const { securities } = await client.unary('List', {});
    return securities.map(({ security }) => security);
  } finally {
    client.close();
  }
}

/**
 * @param takesSecurity whether a command's argument is a security that is recorded already.
 * @returns none where no shell is asking.
 */
export async function completionChoices(
  argv: readonly string[],
  io: Io,
  takesSecurity: (command: string) => boolean,
): Promise<Choices> {
  if (argv[0] !== COMPLETING) return NONE;
  // The first of the words is the program.
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
    // No logger, another key, a wrong context: a command would say so, the tab key does not.
    return { contexts, securities: [] };
  }
}
