/**
 * What a shell offers for the word being typed: commands, options, and the values that belong in its place.
 * Errors and slow loggers just yield nothing; files are left to the scripts.
 */

import type { Options } from 'yargs';
import { Parser } from 'yargs/helpers';
import type { Command } from './command.ts';
import { contextNames, contextHosts } from './contexts.ts';
import { DEFAULT_HOST, readEndpoint } from './endpoint.ts';
import { CONNECTION_OPTIONS, GLOBAL_OPTIONS } from './global-options.ts';
import type { Io } from './io.ts';

/** The first argument when a completion script calls; the words so far follow, the program first. */
export const COMPLETING = '--get-yargs-completions';
const TIMEOUT_MS = 1000;

export interface Completion {
  readonly word: string;
  readonly describe?: string | undefined;
}

/** @param words what follows the program; the last one is being typed, and may be empty. */
export async function completions(
  words: readonly string[],
  io: Io,
  commands: readonly Command[],
): Promise<Completion[]> {
  const current = words.at(-1) ?? '';
  const typed = words.slice(words[0] === 'help' ? 1 : 0, -1);
  const { plain, args } = wordsOf(typed, commands);
  const command = commandOf(plain, commands);
  const options = { ...command?.options, ...globalsOf(command) };
  return (await offered()).filter(({ word }) => word.startsWith(current));

  async function offered(): Promise<readonly Completion[]> {
    const [, assigned, name = ''] = /^(--([a-z-]+)=)/.exec(current) ?? [];
    if (assigned !== undefined) {
      return valuesOf(name, options[name], io).map((value) => ({ word: assigned + value }));
    }
    const previous = typed.at(-1)?.replace(/^--/, '') ?? '';
    const isValue = typed.at(-1)?.startsWith('--') === true && takesValue(options[previous]);
    if (isValue) return valuesOf(previous, options[previous], io).map((word) => ({ word }));
    if (current.startsWith('-')) return optionsLeft(options, typed);
    if (command === undefined) return nextWords(plain, commands);
    if (command.completes?.files) return [];
    const values = await argumentsOf(command, plain, args, io);
    return values.length > 0 || current !== '' ? values : optionsLeft(options, typed);
  }
}

/** A command without a logger rejects what selects one. */
function globalsOf(command: Command | undefined): Readonly<Record<string, Options>> {
  const all = Object.entries(GLOBAL_OPTIONS);
  const isRejected = (name: string): boolean => CONNECTION_OPTIONS.includes(name);
  return Object.fromEntries(
    command?.needsNoLogger ? all.filter(([name]) => !isRejected(name)) : all,
  );
}

function takesValue(option: Options | undefined): boolean {
  return option?.type === 'string';
}

/** The words that are no options, and the options with their values. */
function wordsOf(
  typed: readonly string[],
  commands: readonly Command[],
): { readonly plain: readonly string[]; readonly args: Readonly<Record<string, unknown>> } {
  const all = Object.assign({}, GLOBAL_OPTIONS, ...commands.map((each) => each.options));
  const named = Object.entries(all as Record<string, Options>);
  const { _: plain, ...args } = Parser([...typed], {
    string: named.flatMap(([name, option]) => (takesValue(option) ? [name] : [])),
    boolean: named.flatMap(([name, option]) => (takesValue(option) ? [] : [name])),
    configuration: {
      'camel-case-expansion': false,
      'dot-notation': false,
      'parse-positional-numbers': false,
    },
  });
  return { plain: plain.map(String), args };
}

/** The words of a command that are not arguments: one, or two. */
function verbOf({ usage }: Pick<Command, 'usage'>): readonly string[] {
  return usage.split(' ').filter((word) => /^[a-z]/.test(word));
}

function commandOf(plain: readonly string[], commands: readonly Command[]): Command | undefined {
  // Of `candles` and `candles fetch`, the longer one.
  return commands
    .filter((command) => verbOf(command).every((word, i) => word === plain[i]))
    .reduce<Command | undefined>(
      (best, each) => (best && verbOf(best).length >= verbOf(each).length ? best : each),
      undefined,
    );
}

/** The commands, or the second words of those that begin so. */
function nextWords(plain: readonly string[], commands: readonly Command[]): readonly Completion[] {
  return commands.flatMap((command) => {
    const verb = verbOf(command);
    const word = verb[plain.length];
    const isNext = word !== undefined && plain.every((typed, i) => typed === verb[i]);
    return isNext ? [{ word, describe: command.describe }] : [];
  });
}

function optionsLeft(
  options: Readonly<Record<string, Options>>,
  typed: readonly string[],
): readonly Completion[] {
  const all: Readonly<Record<string, Options>> = { ...options, help: { describe: 'Show help' } };
  return Object.entries(all)
    .map(([name, { default: isOn, describe }]) => ({
      word: isOn === true ? `--no-${name}` : `--${name}`,
      describe: describe || undefined,
    }))
    .filter(({ word }) => !typed.includes(word));
}

function valuesOf(name: string, option: Options | undefined, io: Io): readonly string[] {
  if (name === 'context') return contextNames(io.env);
  if (name === 'host') return [...new Set([DEFAULT_HOST, 'localhost', ...contextHosts(io.env)])];
  return option?.choices?.map(String) ?? [];
}

async function argumentsOf(
  { usage, completes = {} }: Command,
  plain: readonly string[],
  args: Readonly<Record<string, unknown>>,
  io: Io,
): Promise<readonly Completion[]> {
  const given = plain.slice(verbOf({ usage }).length);
  if (given.length > 0 && !usage.includes('..')) return [];
  const { words = [], recorded = false } = completes;
  const securities = recorded ? await known(args, io) : [];
  return [...words, ...securities]
    .filter((word) => !given.includes(word))
    .map((word) => ({ word }));
}

/** What the logger records, or the archive of `--archive` holds. */
async function known(args: Readonly<Record<string, unknown>>, io: Io): Promise<readonly string[]> {
  try {
    const location = args['archive'];
    return typeof location === 'string' ? await held(location) : await recorded(args, io);
  } catch {
    // No logger, a wrong key, a wrong context: commands report these; completion stays silent.
    return [];
  }
}

async function held(location: string): Promise<readonly string[]> {
  const { openArchiveReader } = await import('../logger/open-archive.ts');
  const archive = await openArchiveReader(location);
  try {
    return (await archive.securities()).map(({ security }) => security);
  } finally {
    await archive.close();
  }
}

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

/** A line each: for zsh with the description; colons are escaped, which bash undoes. */
export function completionLines(found: readonly Completion[], env: Io['env']): string {
  const isZsh = env['SHELL']?.includes('zsh') === true;
  return found
    .map(({ word, describe }) => {
      const escaped = word.replaceAll(':', '\\:');
      return isZsh && describe !== undefined ? `${escaped}:${describe}` : escaped;
    })
    .join('\n');
}
