/** Reads and checks settings of one environment. */

import { ConfigError, InvalidArgumentError } from '../errors.ts';
import type { ReadSetting, Setting } from '../settings/setting.ts';
import { readSecret } from './secrets.ts';
import type { Environment } from './secrets.ts';

/** How much of an invalid value a message repeats. */
const SHOWN_MAX_CHARACTERS = 100;

export function settingReader(environment: Environment): ReadSetting {
  function read<T>(setting: Setting<T> & { readonly default: string }): T;
  function read<T>(setting: Setting<T>): T | null;
  function read<T>(setting: Setting<T>): T | null {
    const { env, credential } = setting;
    if (credential === undefined) {
      const lower = setting.isAlsoLowerCase ? env.toLowerCase() : env;
      const name = environment[lower]?.trim() ? lower : env;
      const given = environment[name]?.trim() || setting.default;
      return given === undefined ? null : parseSetting(setting, given, name);
    }
    return readSecret(environment, env, credential, ({ secret, source }) =>
      parseSetting(setting, secret, source),
    );
  }
  return read;
}

/** @param source what the message calls the setting: its variable, or that and a file. */
function parseSetting<T>(setting: Setting<T>, given: string, source: string): T {
  try {
    return setting.parse(given);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    const shown = JSON.stringify(given.slice(0, SHOWN_MAX_CHARACTERS));
    const subject = setting.isSecret ? source : `${source}: ${shown}`;
    throw new ConfigError(`${subject} ${error.message}`, { cause: error });
  }
}
