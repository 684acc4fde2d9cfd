#!/usr/bin/env node
/** The pipe: one top of book over all exchanges, and strategies on it. */

process.stderr.write('pipe: nothing to run yet\n');
process.exitCode = 2;
