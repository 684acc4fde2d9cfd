/** The options that select a logger, in the order of the help. */
export const CONNECTION_OPTIONS: readonly string[] = [
  'context',
  'host',
  'port',
  'authkey-file',
  'tls-ca',
  'tls-cert',
  'tls-key',
  'tls-server-name',
];
