import { basename } from 'node:path';
import type { Command } from '../command.ts';
import { SHELLS, completionScript } from '../completion-scripts.ts';
import { EXIT, usageError } from '../exit-codes.ts';

export const completionCommand: Command = {
  usage: 'completion [shell]',
  describe: 'Print the completion script for bash, zsh or fish',
  needsNoLogger: true,
  positionals: { shell: `${SHELLS.join(', ')} (default: the shell in SHELL)` },
  examples: [
    [
      'completion bash > ~/.local/share/bash-completion/completions/orderbook-manager',
      'for every new bash; now and here: source <(orderbook-manager completion bash)',
    ],
    ['completion fish > ~/.config/fish/completions/orderbook-manager.fish', 'for every new fish'],
  ],
  completes: { words: SHELLS },
  run: async ({ args, io, out }) => {
    const given = args['shell'];
    const name = typeof given === 'string' ? given : basename(io.env['SHELL'] ?? 'bash');
    const shell = SHELLS.find((candidate) => candidate === name);
    if (shell === undefined) {
      throw usageError(
        `No completion for ${name.slice(0, 40)}; supported are ${SHELLS.join(', ')}`,
      );
    }
    await out.write(completionScript(shell));
    return EXIT.done;
  },
};
