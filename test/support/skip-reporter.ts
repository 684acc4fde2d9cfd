/**
 * After a run: one line per suite that says how many tests were not run and why; the tally of `.ci/run`.
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Reporter, TestCase, TestModule, TestSuite, Vitest } from 'vitest/node';

/**
 * A file for what a total over several runs needs, in lines of fields that tabs separate: `passed COUNT`, and
 * `failed`, `flaky` or `error` (outside tests) with FILE, TEST and the message.
 */
const TALLY_FILE = process.env['TEST_TALLY'];
/** The second run of what TALLY_FILE has as failed: what passes now is flaky. */
const IS_SECOND = process.env['TEST_AGAIN'] === '1';
const SLOW_FILE = /\.(slow|scaled)\.test\.ts$/;

export default class SkipReporter implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly Message[]): void {
    const lines = [...skipped(modules), ...this.#leftOut()];
    if (lines.length > 0) process.stdout.write(`\n${lines.join('\n')}\n`);
    if (!TALLY_FILE) return;
    const found = [
      ...failures(modules),
      ...modules.filter((module) => !hasEnded(module)).map(notEnded),
      ...errors.map((error) => line('error', '', '', [error])),
    ];
    const tally = IS_SECOND
      ? afterSecondRun(readFileSync(TALLY_FILE, 'utf8').trimEnd().split('\n'), modules, found)
      : [passed(modules), ...found];
    writeFileSync(TALLY_FILE, `${tally.join('\n')}\n`);
  }

  /** The suites with slow tests, unless this run includes them. */
  #leftOut(): string[] {
    if (!this.#vitest?.config.project.includes('!slow')) return [];
    const files = readdirSync('test', { recursive: true, encoding: 'utf8' });
    const counts = new Map<string, number>();
    for (const file of files.filter((name) => SLOW_FILE.test(name))) {
      const [suite = ''] = file.split(sep);
      counts.set(suite, (counts.get(suite) ?? 0) + 1);
    }
    return [...counts].map(
      ([suite, files]) =>
        `test/${suite}: ${plural(files, 'file')} of slow tests left to npm run test:all`,
    );
  }
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** `test/archive: skipped 96 tests: no MongoDB server (96)`. */
function skipped(modules: readonly TestModule[]): string[] {
  const suites = new Map<string, string[]>();
  for (const module of modules) {
    const [top, folder] = relative('.', module.moduleId).split(sep);
    const reasons = [...module.children.allTests('skipped')].map(reasonOf);
    const suite = `${top}/${folder}`;
    if (reasons.length > 0) suites.set(suite, [...(suites.get(suite) ?? []), ...reasons]);
  }
  return [...suites].map(([suite, reasons]) => {
    const told = [...new Set(reasons)].map(
      (reason) => `${reason} (${reasons.filter((each) => each === reason).length})`,
    );
    return `${suite}: skipped ${plural(reasons.length, 'test')}: ${told.join('; ')}`;
  });
}

/** The reason of the test itself or of the nearest suite around it. */
function reasonOf(test: TestCase): string {
  const result = test.result();
  if (result.state === 'skipped' && result.note) return result.note;
  let task: TestCase | TestSuite | TestModule = test;
  while (task.type !== 'module') {
    const { skipReason } = task.meta();
    if (skipReason) return skipReason;
    task = task.parent;
  }
  return 'not selected';
}

interface Message {
  readonly message: string;
}

/** What failed: tests, and hooks and files as a whole. What passes when it is tried again by itself (`retry`) is flaky. */
function failures(modules: readonly TestModule[]): string[] {
  return tasks(modules)
    .filter(({ errors }) => errors.length > 0)
    .map(({ file, name, isPassed, errors }) =>
      line(isPassed ? 'flaky' : 'failed', file, name, errors),
    );
}

/**
 * The tally of the first run, with what failed then and passes now as flaky. What fails now is failed, even
 * if it had passed.
 */
function afterSecondRun(
  first: readonly string[],
  modules: readonly TestModule[],
  found: readonly string[],
): string[] {
  const passing = new Set(
    tasks(modules).flatMap(({ file, name, isPassed }) => (isPassed ? [`${file}\t${name}`] : [])),
  );
  const whatOf = (each: string): string => each.split('\t').slice(1, 3).join('\t');
  const again = new Set(found.filter((each) => !each.startsWith('flaky')).map(whatOf));
  return [
    ...first
      .filter((each) => !again.has(whatOf(each)))
      .map((each) => (passing.has(whatOf(each)) ? each.replace(/^failed/, 'flaky') : each)),
    ...found.filter((each) => !each.startsWith('flaky')),
  ];
}

interface Task {
  readonly file: string;
  readonly name: string;
  readonly isPassed: boolean;
  readonly errors: readonly Message[];
}

/** All tests, suites and files. */
function tasks(modules: readonly TestModule[]): Task[] {
  return modules.flatMap((module) => {
    const file = relative('.', module.moduleId);
    const suites = [...module.children.allSuites()].map((suite) => ({
      file,
      name: suite.fullName,
      isPassed: suite.state() === 'passed',
      errors: suite.errors(),
    }));
    const tests = [...module.children.allTests()].map((test) => ({
      file,
      name: test.fullName,
      isPassed: test.result().state === 'passed',
      errors: test.result().errors ?? [],
    }));
    const whole = { file, name: '', isPassed: module.ok(), errors: module.errors() };
    return [whole, ...suites, ...tests];
  });
}

function line(kind: string, file: string, name: string, errors: readonly Message[]): string {
  const messages = errors.map(({ message }) => stripVTControlCharacters(message).split('\n', 1)[0]);
  return [kind, file, name, messages.join('; ')].map(withoutTabs).join('\t');
}

const withoutTabs = (text: string): string => text.replaceAll(/[\t\n\r]/g, ' ');

/** Its worker may have been killed. */
const notEnded = (module: TestModule): string =>
  line('error', relative('.', module.moduleId), '', [{ message: 'it did not end' }]);

const hasEnded = (module: TestModule): boolean => !['pending', 'queued'].includes(module.state());

/** Those that passed at once. */
function passed(modules: readonly TestModule[]): string {
  const tests = modules.flatMap((module) => [...module.children.allTests('passed')]);
  return `passed\t${tests.filter((test) => !test.result().errors?.length).length}`;
}
