/** The APIs that may be called, by name. Callers choose a name and never an address. */

import { ConfigError, complaint } from '../config.ts';

/** The name of the upstream that is built in. */
export const SLOW = 'slow';

const RULE = `allowed is a comma-separated list of name=url, such as weather=https://api.example/now; a name has up to 32 characters of a-z, 0-9, - and _ and is not ${SLOW}, a url is of http or https and without a password`;

/**
 * Reads the allow-list.
 *
 * @param env usually `process.env`; its variable APIS
 * @throws ConfigError naming APIS
 */
export function readApis(env: Record<string, string | undefined>): Map<string, URL> {
  const given = env.APIS || undefined;
  const apis = new Map<string, URL>();
  for (const [at, entry] of (given?.split(',') ?? []).entries()) {
    // An address may hold a password, and is not repeated; what stands for a name has to look like one.
    const refusal = () => {
      const shown = `${entry.trim().match(/^[a-z0-9_-]{1,32}=/)?.[0] ?? ''}(masked)`;
      return new ConfigError(complaint('APIS', shown, `this is entry ${at + 1}; ${RULE}`));
    };
    const [, name, address] = entry.trim().match(/^([a-z0-9_-]{1,32})=(.+)$/) ?? [];
    if (!name || name === SLOW || apis.has(name) || !address || !URL.canParse(address)) throw refusal();
    const url = new URL(address);
    if (!/^https?:$/.test(url.protocol) || url.username || url.password) throw refusal();
    apis.set(name, url);
  }
  return apis;
}
