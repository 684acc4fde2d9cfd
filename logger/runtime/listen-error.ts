/** Explains why a port could not be opened, for its log line or exit message. Pure. */

import { ConflictError, describeError } from '../errors.ts';

/** As in a URL: an IPv6 address stands in brackets. */
export function hostAndPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** @param service its settings are `<SERVICE>_HOST` and `<SERVICE>_PORT`. */
export function listenError(
  service: 'Manager' | 'Metrics',
  { host, port }: { readonly host: string; readonly port: number },
  error: Error,
): ConflictError {
  const settings = service.toUpperCase();
  const place = `${service} port ${hostAndPort(host, port)}`;
  const message = (): string => {
    switch ('code' in error ? error.code : undefined) {
      case 'EADDRINUSE':
        return `${place} is in use; stop the process that listens there, or change ${settings}_PORT`;
      case 'EACCES':
        return `${place} needs privileges that this user lacks; set ${settings}_PORT to a port above 1023`;
      case 'EADDRNOTAVAIL':
      case 'ENOTFOUND':
      case 'EAI_AGAIN':
        return `${host} is not an address of this machine; change ${settings}_HOST`;
      default:
        return `${place} can't be opened: ${describeError(error)}`;
    }
  };
  return new ConflictError(message(), { cause: error });
}
