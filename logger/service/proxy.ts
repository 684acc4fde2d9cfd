/** Which proxy a connection goes through, by the environment variables that other programs go by too. */

export interface ProxySettings {
  /** For `https:` and `wss:`; null: none. */
  readonly https: string | null;
  /** For `http:` and `ws:`. */
  readonly http: string | null;
  /** What is connected to without a proxy: hosts with their subdomains, with or without a port; `*`: all. */
  readonly except: readonly string[];
}

export interface Proxies {
  /** The proxy for an address; null: none. */
  proxyFor(url: string): string | null;
  /** What sends a request to an address. */
  fetchFor(url: string): typeof fetch;
}

export const NO_PROXIES: Proxies = { proxyFor: () => null, fetchFor: () => fetch };

/**
 * Node's own fetch takes no proxy. What does is loaded only where there is one, and before anything is
 * recorded: it takes a third of a second.
 */
export async function loadProxies(settings: ProxySettings): Promise<Proxies> {
  if (settings.https === null && settings.http === null) return NO_PROXIES;
  const undici = await import('undici');
  const senders = new Map<string, typeof fetch>();
  const senderThrough = (proxy: string): typeof fetch => {
    const dispatcher = new undici.ProxyAgent(proxy);
    const send = (url: string, init?: object) => undici.fetch(url, { ...init, dispatcher });
    // The same interface, declared twice.
    return send as unknown as typeof fetch;
  };
  return {
    proxyFor: (url) => proxyFor(url, settings),
    fetchFor: (url) => {
      const proxy = proxyFor(url, settings);
      if (proxy === null) return fetch;
      const sender = senders.get(proxy) ?? senderThrough(proxy);
      senders.set(proxy, sender);
      return sender;
    },
  };
}

/** The proxy for an address; null: none. */
export function proxyFor(url: string, { https, http, except }: ProxySettings): string | null {
  if (!URL.canParse(url)) return null;
  const { protocol, hostname, port } = new URL(url);
  const isSecure = protocol === 'https:' || protocol === 'wss:';
  const proxy = isSecure ? https : http;
  if (proxy === null) return null;
  const target = { host: bare(hostname), port: port || (isSecure ? '443' : '80') };
  return except.some((entry) => matches(entry, target)) ? null : proxy;
}

/** A proxy for a log: without user and password. */
export function shownProxy(proxy: string): string {
  const { protocol, host } = new URL(proxy);
  return `${protocol}//${host}`;
}

function matches(entry: string, { host, port }: { host: string; port: string }): boolean {
  if (entry === '*') return true;
  // An IPv6 address without brackets has colons and no port.
  const [, name = '', onlyPort] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(entry) ?? [null, entry];
  if (onlyPort !== undefined && onlyPort !== port) return false;
  const domain = bare(name)
    .toLowerCase()
    .replace(/^\*?\./, '');
  return domain !== '' && (host === domain || host.endsWith(`.${domain}`));
}

/** Without the brackets of an IPv6 address and the dot behind a full domain name. */
function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
}
