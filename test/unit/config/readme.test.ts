import { readFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { expect, test } from 'vitest';
import { OPTIONS, withOptionTable } from '../../../logger/config/options.ts';

test('docs/settings.md has the option table of the code (else run: npm run docs)', async () => {
  const page = readFileSync('docs/settings.md', 'utf8');
  for (const { env } of OPTIONS) expect(page).toContain(`| \`${env}\``);
  const style = await resolveConfig('docs/settings.md');
  expect(page).toBe(await format(withOptionTable(page), { ...style, parser: 'markdown' }));
});
