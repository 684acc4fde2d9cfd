/** What `npm pack` puts into the package. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { expect, test } from 'vitest';
import { built, needs } from '../support/requirements.ts';

interface Packed {
  readonly files: readonly { readonly path: string }[];
}

function packedFiles(): string[] {
  const args = ['pack', '--json', '--dry-run', '--ignore-scripts'];
  const output = execFileSync('npm', args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  // A list, or from npm 12 on an object by package name.
  const [packed] = Object.values(JSON.parse(output) as Record<string, Packed>);
  return packed?.files.map(({ path }) => path) ?? [];
}

/** The targets of a page's links to other files, as paths from the root. */
function linkedFiles(page: string): string[] {
  const links = readFileSync(page, 'utf8').matchAll(/\]\(([^)#\s]+)[^)]*\)/g);
  return [...links]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => posix.join(posix.dirname(page), target));
}

test(
  'the tarball holds what runs and what the README links to, and no tests or benches',
  needs(built('dist/logger/main.js')),
  () => {
    const files = packedFiles();
    const { bin, exports } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      readonly bin: Record<string, string>;
      readonly exports: Record<string, Record<string, string>>;
    };
    const named = [...Object.values(bin), ...Object.values(exports['.'] ?? {})];
    const pages = ['README.md', ...linkedFiles('README.md').filter((file) => file.endsWith('.md'))];
    expect(pages.length).toBeGreaterThan(10);
    for (const file of [
      ...named.map((path) => posix.normalize(path)),
      ...pages.flatMap((page) => [page, ...linkedFiles(page)]),
      'LICENSE',
      'dist/package.json',
      'dist/proto/manager.proto',
      'dist/sandbox/demo/demo.js',
      'proto/manager.proto',
      // What `pip install ./python` needs.
      'python/pyproject.toml',
      'python/orderbook_gym/__init__.py',
      'python/orderbook_gym/py.typed',
    ]) {
      expect(files).toContain(file);
    }
    const top = new Set(files.map((path) => path.split('/')[0] ?? ''));
    const pagesAside = [...top].filter((name) => !name.endsWith('.md'));
    expect(new Set(pagesAside)).toEqual(
      new Set(['LICENSE', 'dist', 'docs', 'package.json', 'proto', 'python']),
    );
    expect(
      files.filter((path) => /(^|\/)(bench|soak|tests?|__pycache__)\/|\.test\./.test(path)),
    ).toEqual([]);
  },
);
