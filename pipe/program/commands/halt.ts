import { EXIT } from '../../../manager-cli/exit-codes.ts';
import type { ExitCode } from '../../../manager-cli/exit-codes.ts';
import type { PipeCommand, PipeSession } from '../command.ts';
import { STORE_OPTION, withStore } from './store-option.ts';

export const haltCommand: PipeCommand = {
  usage: 'halt [reason]',
  describe: 'Halt the strategies on a store: no order is sent any more, within a second',
  options: STORE_OPTION,
  needsNoLogger: true,
  examples: [['halt "prices look wrong"', 'until somebody resumes them']],
  run: (session) => {
    const { reason } = session.args;
    const given = typeof reason === 'string' ? reason.trim() : '';
    return setHalted(session, given || 'halted by hand');
  },
};

export const resumeCommand: PipeCommand = {
  usage: 'resume',
  describe: 'Let the strategies on a store send orders again',
  options: STORE_OPTION,
  needsNoLogger: true,
  examples: [['resume', 'after a halt']],
  run: (session) => setHalted(session, null),
};

function setHalted(session: PipeSession, reason: string | null): Promise<ExitCode> {
  return withStore(session, 'halt', async (store) => {
    const { out } = session;
    const before = await store.halted();
    await store.setHalted(reason);
    const halted = await store.halted();
    if (out.isJson) await out.json({ halted });
    else if (halted !== null) await out.line(`halted: ${halted}`);
    else await out.line(before === null ? 'not halted' : `resumed; it was halted: ${before}`);
    return EXIT.done;
  });
}
