/** The options of every command, in the order of the help. */

import type { Options } from 'yargs';
import { valued } from './command.ts';

/** They select a logger. */
const CONNECTION: Readonly<Record<string, Options>> = {
  context: valued('Name of a logger in ~/.config/orderbook-manager/contexts.json'),
  host: {
    ...valued('Host of the logger (LOGGER_SERVER_IP)'),
    defaultDescription: '127.0.0.1',
  },
  port: {
    ...valued('Manager port of the logger (MANAGER_PORT)'),
    defaultDescription: '6634',
  },
  'authkey-file': valued('File with the manager key (or set MANAGER_AUTHKEY)'),
  'tls-ca': valued("CA certificate of the logger's certificate (PEM; MANAGER_TLS_CA)"),
  'tls-cert': valued(
    'Client certificate, if the logger asks for one (PEM; MANAGER_TLS_CLIENT_CERT)',
  ),
  'tls-key': valued('Key of the client certificate (PEM; MANAGER_TLS_CLIENT_KEY)'),
  'tls-server-name': {
    ...valued("Name in the logger's certificate, if not the host (MANAGER_TLS_SERVER_NAME)"),
    defaultDescription: 'the host',
  },
};

export const CONNECTION_OPTIONS: readonly string[] = Object.keys(CONNECTION);

export const GLOBAL_OPTIONS: Readonly<Record<string, Options>> = {
  ...CONNECTION,
  timeout: { ...valued('Seconds to wait for the logger'), defaultDescription: '10' },
  json: { type: 'boolean', describe: 'Print one JSON value and nothing else' },
};
