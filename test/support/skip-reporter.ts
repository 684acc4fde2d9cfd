/** After a run: one line per suite that says how many tests were not run and why. */

import { appendFileSync, readdirSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Reporter, TestCase, TestModule, TestSuite, Vitest } from 'vitest/node';

/** A file to which the counts of each run and its failures are added, for a total over several runs. */
const TALLY_FILE = process.env['TEST_TALLY'];
const SLOW_FILE = /\.(slow|scaled)\.test\.ts$/;

export default class SkipReporter implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const lines = [...skipped(modules), ...this.#leftOut()];
    if (lines.length > 0) process.stdout.write(`\n${lines.join('\n')}\n`);
    if (TALLY_FILE)
      appendFileSync(TALLY_FILE, `${[count(modules), ...failures(modules)].join('\n')}\n`);
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

/** `failed: test/unit/x.test.ts > name: first line of the error`: of tests, and of hooks and files as a whole. */
function failures(modules: readonly TestModule[]): string[] {
  return modules.flatMap((module) => {
    const file = relative('.', module.moduleId);
    const tests = [...module.children.allTests('failed')].map((test) =>
      failure(`${file} > ${test.fullName}`, test.result().errors),
    );
    const around = [module, ...module.children.allSuites()]
      .filter((task) => task.errors().length > 0)
      .map((task) => failure([file, ...nameOf(task)].join(' > '), task.errors()));
    return [...tests, ...around];
  });
}

const nameOf = (task: TestModule | TestSuite): string[] =>
  task.type === 'suite' ? [task.fullName] : [];

const failure = (what: string, errors: readonly { message: string }[] = []): string =>
  `failed: ${what}: ${errors.map(({ message }) => stripVTControlCharacters(message).split('\n', 1)[0]).join('; ')}`;

/** Passed, failed and skipped tests, and files that failed to load. */
function count(modules: readonly TestModule[]): string {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const of = (state: string): number =>
    tests.filter((test) => test.result().state === state).length;
  const broken = modules.filter(
    (module) => module.state() === 'failed' && [...module.children.allTests()].length === 0,
  );
  return [of('passed'), of('failed') + broken.length, of('skipped')].join(' ');
}
