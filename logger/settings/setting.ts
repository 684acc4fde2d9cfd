/** Settings: environment variables, each described once by a row of a table. */

/**
 * Turns the text of a variable into its value.
 * @throws InvalidArgumentError whose message continues a sentence that begins with the variable's
 *   name and value, such as `is not valid: use true or false`.
 */
export type Parse<T> = (text: string) => T;

export interface Setting<T> {
  /** The environment variable. */
  readonly env: string;
  readonly parse: Parse<T>;
  /** As it would be written in the environment; absent: unset. */
  readonly default?: string;
  /** Read under its name in lower case too, and first: the custom for this variable. */
  readonly isAlsoLowerCase?: boolean;
  /** The value never appears in messages. */
  readonly isSecret?: boolean;
  /**
   * The value may also come from a file, named by `<env>_FILE` or found under this name in systemd's
   * `$CREDENTIALS_DIRECTORY`.
   */
  readonly credential?: string;
  /** The default as the README shows it, where the plain value would mislead. */
  readonly shownDefault?: string;
  /** For the README's table. */
  readonly meaning: string;
}

/** Reads settings from one environment. @throws ConfigError for a value that is not valid. */
export interface ReadSetting {
  <T>(setting: Setting<T> & { readonly default: string }): T;
  /** @returns null if unset. */
  <T>(setting: Setting<T>): T | null;
}
