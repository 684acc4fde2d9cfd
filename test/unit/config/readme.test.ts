import { readFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { expect, test } from 'vitest';
import { OPTIONS, withOptionTable } from '../../../logger/config/options.ts';

test('the table of settings in the README is the one in the code (else: npm run docs)', async () => {
  const readme = readFileSync('README.md', 'utf8');
  for (const { env } of OPTIONS) expect(readme).toContain(`| \`${env}\``);
  const style = await resolveConfig('README.md');
  expect(readme).toBe(await format(withOptionTable(readme), { ...style, parser: 'markdown' }));
});
