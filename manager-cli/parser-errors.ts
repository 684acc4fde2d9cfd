/** Turns the parser's messages into ones that say what to type instead. */

import { Parser } from 'yargs/helpers';

interface Manual {
  /** Name of the program. */
  readonly name: string;
  /** Commands with their arguments, in yargs' notation. */
  readonly usages: readonly string[];
  /** Options with a value. */
  readonly valued: readonly string[];
}

/** The first word that is neither an option nor the value of one. */
export function commandWord(
  argv: readonly string[],
  valued: readonly string[],
): string | undefined {
  return wordsIn(argv, valued)[0];
}

function wordsIn(argv: readonly string[], valued: readonly string[]): string[] {
  const { _: words } = Parser([...argv], {
    string: [...valued],
    boolean: ['json', 'help', 'version'],
  });
  return words.map(String);
}

/** Of the longest command that the words begin with. */
function usageOf(argv: readonly string[], { usages, valued }: Manual): string | undefined {
  const words = wordsIn(argv, valued);
  const verbOf = (usage: string): string[] =>
    usage.split(' ').filter((word) => /^[a-z]/.test(word));
  const fitting = usages.filter((usage) => verbOf(usage).every((word, i) => word === words[i]));
  return (
    fitting.toSorted((a, b) => verbOf(b).length - verbOf(a).length)[0] ??
    usages.find((each) => each.split(' ')[0] === words[0])
  );
}

export function explainParserError(
  message: string,
  argv: readonly string[],
  manual: Manual,
): string {
  const { name } = manual;
  const word = commandWord(argv, manual.valued);
  const usage = usageOf(argv, manual);
  const value = /^Not enough arguments following: (.+)$/.exec(message);
  if (value) return `--${value[1]} needs a value`;
  const choice = /Argument: ([^,]+), Given: (.*), Choices: (.*)$/s.exec(message);
  if (choice) {
    const [, option, given, choices = ''] = choice;
    return `--${option}: ${given} is not ${choices.includes(', ') ? 'one of ' : ''}${choices}`;
  }
  if (word === undefined) return `${message} (see ${name} --help)`;
  if (usage === undefined) {
    const near = /^Did you mean (\S+)\?$/.exec(message)?.[1];
    const advice = near === undefined ? `see ${name} --help` : `did you mean ${near}?`;
    return `Unknown command: ${word.slice(0, 40)} (${advice})`;
  }
  if (message.startsWith('Not enough non-option arguments')) {
    return `An argument is missing: ${name} ${usage}`;
  }
  return message.startsWith('Unknown argument')
    ? `${message} (see ${name} ${word} --help)`
    : message;
}
