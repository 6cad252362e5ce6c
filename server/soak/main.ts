/**
 * Hours of use in minutes: `npm run soak -- --help`. Rounds of 2,000 calls in flight, all cancelled at once; it ends
 * with 1 where a round went wrong, or where something has grown from round to round.
 */

import { once } from 'node:events';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { attempt } from '../attempt.ts';
import { readConfig, VARIABLES } from '../config.ts';
import { launch } from '../process.ts';
import { IN_FLIGHT, type Measured, round, SESSIONS } from './round.ts';
import type { Holding } from './server.ts';

/** Bytes from the second round on: 400 left of each call would be as many in one round, 20 in twenty. */
const MAY_GROW = 1_000_000;

/** By then everything that is bounded is full, such as the witness, and everything compiled that will be. */
const SETTLED = 2;

/** What is set around us for another server does not configure this one. */
const DEFAULTS = Object.fromEntries(VARIABLES.map((name) => [name, '']));

/** Connections that are left to the server to close. */
const IDLE = 200;

const count = (text: string) => {
  if (/^[1-9]\d{0,3}$/.test(text) && Number(text) <= 3600) return Number(text);
  throw new InvalidArgumentError('Give a whole number from 1 to 3600.');
};
const command = new Command('npm run soak --')
  .description(
    `Starts the server and runs rounds of ${IN_FLIGHT} calls in flight in ${SESSIONS} sessions, all cancelled at once. CANCEL_REPLY and RESPONSE_MODE say how it answers.`,
  )
  .option('--rounds <n>', 'how many rounds (default: 3, or as many as the minutes allow)', count)
  .option('--minutes <n>', 'no new round after so many minutes', count)
  .option('--keep-alive <seconds>', 'KEEP_ALIVE_SECONDS of the server, waited for at the end', count, 2)
  .option('--json <file>', 'write the numbers there as well')
  .addHelpText(
    'after',
    '\nExit codes: 0 nothing grew; 1 something did, or a round went wrong; 2 wrong usage.',
  )
  .allowExcessArguments(false)
  .exitOverride(({ exitCode }) => process.exit(exitCode && 2))
  .parse();
const { minutes, keepAlive, json, ...options } = command.opts<{
  rounds?: number;
  minutes?: number;
  keepAlive: number;
  json?: string;
}>();
const { CANCEL_REPLY, RESPONSE_MODE } = process.env;
const rounds = options.rounds ?? (minutes ? Number.POSITIVE_INFINITY : 3);

const config = await attempt(() => readConfig({ CANCEL_REPLY, RESPONSE_MODE }));
if (json)
  try {
    await (await open(json, 'a')).close();
  } catch (error) {
    console.error(`--json ${json} cannot be written: ${(error as Error).message}`);
    process.exit(2);
  }
const { cancelReply, responseMode } = config;
const dataDir = await mkdtemp(join(tmpdir(), 'mcp-cancellation-'));
const server = launch(
  {
    ...DEFAULTS,
    PORT: '0',
    CANCEL_REPLY: cancelReply,
    RESPONSE_MODE: responseMode,
    DATA_DIR: dataDir,
    LOG_LEVEL: 'warn',
    KEEP_ALIVE_SECONDS: String(keepAlive),
  },
  { main: fileURLToPath(new URL('server.ts', import.meta.url)), execArgv: ['--expose-gc'] },
);
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    interrupted = true;
    // Which ends the soak, too.
    server.child.kill();
  });
let url: string;

async function holding(): Promise<Holding> {
  server.child.send('measure');
  const [told] = await once(server.child, 'message');
  return told;
}

const heap = async () => (await holding()).heap;

/** A connection that was used once and is not used again. */
async function leaveIdle(): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(`GET /healthz HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
  await once(socket, 'data');
  return socket.resume();
}

async function soak() {
  url = (await server.listening).url;
  const fresh = await holding();
  const measured: (Measured & { heap: number })[] = [];
  const began = Date.now();
  console.log(`CANCEL_REPLY=${cancelReply} RESPONSE_MODE=${responseMode}, cancel to end of exchange:`);
  console.log(' round     p50 ms     p99 ms     max ms  cancels/s  kB a call    heap MB');
  while (measured.length < rounds && !(minutes && Date.now() - began > minutes * 60_000)) {
    const number = measured.length + 1;
    const one = { ...(await round(url, config, `round ${number}`, heap)), heap: await heap() };
    measured.push(one);
    const { p50, p99, max, cancelsPerSecond, bytesPerCall } = one;
    const cells = [p50, p99, max, cancelsPerSecond].map((value) => value.toFixed(0).padStart(10));
    const memory = [bytesPerCall / 1e3, one.heap / 1e6].map((value) => value.toFixed(2).padStart(10));
    console.log([String(number).padStart(6), ...cells, ...memory].join(' '));
  }

  const idle = await Promise.all(Array.from({ length: IDLE }, leaveIdle));
  const closed = Promise.all(idle.map((socket) => once(socket, 'close')));
  const late = setTimeout(keepAlive * 1000 + 5000, 'late', { ref: false });
  if ((await Promise.race([closed, late])) === 'late') throw new Error('Idle connections were kept alive');
  const left = await holding();
  const settled = measured.length > SETTLED ? measured[SETTLED - 1] : undefined;
  const grown = settled ? left.heap - settled.heap : 0;
  const more = left.handles.filter((name) => !take(fresh.handles, name));
  console.log(
    `After ${keepAlive} s of keep-alive: heap ${(left.heap / 1e6).toFixed(2)} MB, handles ${left.handles.length}.`,
  );
  if (more.length > 0) throw new Error(`Handles were left: ${more.join(', ')}`);
  if (!settled) console.log(`Whether the heap grows was not judged: that takes ${SETTLED + 1} rounds.`);
  if (grown > MAY_GROW) throw new Error(`The heap grew by ${grown} bytes since round ${SETTLED}`);
  if (settled)
    console.log(
      `That is ${(Math.abs(grown) / 1e6).toFixed(2)} MB ${grown < 0 ? 'less' : 'more'} than after round ${SETTLED}; 1 MB more is noise.`,
    );
  return {
    cancelReply,
    responseMode,
    sessions: SESSIONS,
    inFlight: IN_FLIGHT,
    rounds: measured,
    keepAlive,
    left,
  };
}

/** Takes it out of the list, if it is there. */
function take(list: string[], name: string): boolean {
  const index = list.indexOf(name);
  if (index >= 0) list.splice(index, 1);
  return index >= 0;
}

try {
  const died = server.exit.then(({ stderr }) => {
    throw new Error(`The server ended: ${stderr}`);
  });
  const numbers = await Promise.race([soak(), died]);
  if (json) await writeFile(json, `${JSON.stringify(numbers, null, 2)}\n`);
} catch (error) {
  console.error(interrupted ? 'Interrupted' : String(error));
  process.exitCode = interrupted ? 130 : 1;
} finally {
  server.child.kill('SIGTERM');
  const { stdout } = await server.exit;
  const [, ...problems] = stdout.trim().split('\n');
  if (!interrupted && problems.length > 0) {
    console.error(problems.join('\n'));
    process.exitCode = 1;
  }
  await rm(dataDir, { recursive: true });
  if (!process.exitCode)
    console.log(
      'Good: every exchange ended; client, witness and metrics agree; no connection and no timer is left.',
    );
}
