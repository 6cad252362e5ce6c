import type { ExchangeResult } from '../../runner/results.ts';
import { isCut } from './messages.ts';

/** An exchange as a command to be pasted into a shell, and what to know about it. */
export interface Curl {
  command: string;
  notes: string[];
}

/** @param url of the target: an exchange that went through the hang-up proxy names the proxy's, which is gone */
export function curl({ request }: ExchangeResult, url: string): Curl {
  const { method, body } = request;
  const headers = Object.entries(request.headers);
  const hangUp = headers.some(([name]) => /^x-hang-up-/i.test(name));
  const sent = headers.filter(([name]) => !/^x-hang-up-/i.test(name));
  const has = (header: string) => sent.some(([name]) => name.toLowerCase() === header);
  const to = hangUp ? url : request.url;
  const options = sent.map(([name, value]) => `-H ${header(name, value)}`);
  // Left to itself, curl adds these.
  if (!has('accept')) options.push(`-H 'Accept:'`);
  if (body !== null && !has('content-type')) options.push(`-H 'Content-Type:'`);
  if (body !== null) options.push(`--data-raw ${quote(pasteable(body))}`);
  // Without -g it reads patterns into these.
  const flags = /[[\]{}]/.test(to) ? '-g -N -i' : '-N -i';
  const sessions = new Set(sent.flatMap(([name, value]) => session(name, value) ?? []));
  const notes = [
    ...[...sessions].map(
      (one) => `${one} is the Mcp-Session-Id that the answer to its initialize carries in its header.`,
    ),
    sent.some(masked) && '$MCP_AUTHORIZATION is the value of your Authorization header.',
    sent.some(([name, value]) => value.includes('***') && !masked([name, value])) &&
      'A value that was secret stands as ***.',
    hangUp &&
      'This exchange went through the hang-up proxy of the suite, which its X-Hang-Up headers told when to hang up; the command goes to the target, and nothing hangs up but you.',
    isCut(body) && 'The body was too long to keep, and is cut.',
  ];
  return {
    command: [`curl ${flags} -X ${quote(method)} ${quote(pasteable(to))}`, ...options].join(' \\\n  '),
    notes: notes.filter((note) => note !== false),
  };
}

function header(name: string, value: string): string {
  const variable = session(name, value) ?? (masked([name, value]) ? '$MCP_AUTHORIZATION' : undefined);
  if (variable) return `"${name}: ${variable}"`;
  // An empty value would take the header away.
  return quote(pasteable(value.trim() === '' ? `${name};` : `${name}: ${value}`));
}

function session(name: string, value: string): string | undefined {
  const [, number] = /^session-(\d+)$/.exec(value) ?? [];
  return name.toLowerCase() === 'mcp-session-id' && number ? `$SESSION_${number}` : undefined;
}

function masked([name, value]: [string, string]): boolean {
  return name.toLowerCase() === 'authorization' && value === '***';
}

/** One word of a POSIX shell, whatever is in it. */
function quote(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * A control character that is pasted into a terminal is a key that is pressed. In JSON, its escape means the same; and
 * a header cannot hold one.
 */
function pasteable(text: string): string {
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
