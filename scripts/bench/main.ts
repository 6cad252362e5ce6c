import { mkdir, open, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Command } from 'commander';
import { parseCommandLine } from '../runner/command-line.ts';
import { Failure, usage } from '../runner/failure.ts';
import { ROOT } from '../runner/plan.ts';
import { type Io, shownFolder } from '../runner/screen.ts';
import { suiteVersion } from '../suite-version.ts';
import { BenchServer } from './bench-server.ts';
import { type Burst, measureAlone, measureCancels, measureMemory, measurePings, warmUp } from './measure.ts';
import { present, type Result } from './present.ts';
import type { Shares } from './profile.ts';
import { QUANTITIES, type Round } from './quantities.ts';
import { SERVERS, type ServerName } from './servers.ts';
import { spread } from './statistics.ts';

interface Options {
  rounds: number;
  /** Pings, and cancels, that are sent one at a time in a round. */
  pairs: number;
  /** Calls in flight that are cancelled at once. */
  calls: number;
  /** The file that the result is written to. */
  json: string;
}

/**
 * The whole of `npm run bench`.
 *
 * @param argv the command line behind the program's name
 * @returns the exit code, 0: nothing that is measured can be wrong
 * @throws Failure (2) for wrong usage, and for a file that cannot be written
 */
export async function main(argv: string[], io: Io): Promise<number> {
  const options = parseOptions(argv, io.env);
  if (!options) return 0;
  await checkWritable(options.json);
  const loadBefore = loadavg()[0] ?? 0;
  const names = Object.keys(SERVERS) as ServerName[];
  const rounds: Record<ServerName, Round[]> = { reference: [], sdk: [], http: [] };
  const servers = new Map<ServerName, BenchServer>();
  let shares: Shares | undefined;
  try {
    for (const name of names) {
      io.err.write(`warming up: ${SERVERS[name].title}\n`);
      const server = await BenchServer.start(name);
      servers.set(name, server);
      await warmUp(server, options.calls, SERVERS[name].ends);
    }
    for (let round = 1; round <= options.rounds; round++) {
      // In turn, so that what else the machine does befalls all of them.
      for (const [name, server] of servers) {
        if (io.signal?.aborted) throw new Failure(3, 'interrupted');
        io.err.write(`round ${round} of ${options.rounds}: ${SERVERS[name].title}\n`);
        rounds[name].push(await measureRound(server, options, SERVERS[name].ends));
      }
    }
    shares = await profile(servers.get('reference') as BenchServer, options.calls);
    for (const [name, server] of servers) {
      io.err.write(`memory: ${SERVERS[name].title}\n`);
      for (const round of rounds[name]) round.bytesPerCall = await measureMemory(server, options.calls);
    }
  } finally {
    for (const server of servers.values()) await server.stop();
  }
  const result: Result = {
    suite: { name: 'mcp-cancellation-suite', version: suiteVersion() },
    measuredAt: new Date().toISOString(),
    machine: {
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      loadBefore,
    },
    rounds: options.rounds,
    pairs: options.pairs,
    calls: options.calls,
    servers: Object.fromEntries(names.map((name) => [name, summarize(rounds[name])])) as Result['servers'],
    shares,
  };
  await writeFile(options.json, `${JSON.stringify(result, null, 2)}\n`);
  io.out.write(`${present(result)}\nAll of it, round by round: ${shownFolder(io, options.json)}\n`);
  return 0;
}

/** @throws Failure (2) where minutes of measuring would end without a file */
async function checkWritable(file: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await (await open(file, 'a')).close();
  } catch (error) {
    throw usage(`--json ${file} cannot be written: ${(error as Error).message}`);
  }
}

async function measureRound(server: BenchServer, { pairs, calls }: Options, ends: boolean): Promise<Round> {
  const alone = await measureAlone(server, pairs);
  const pings = await measurePings(server, calls);
  return { alone, pings, cancels: ends ? await measureCancels(server, calls) : undefined };
}

/** Who spends the time while calls are cancelled. A burst of its own, since being profiled takes time. */
async function profile(server: BenchServer, calls: number): Promise<Shares> {
  let shares: Shares | undefined;
  const profiled = async (burst: () => Promise<Burst>) => {
    await server.ask('profile');
    const measured = await burst();
    shares = await server.ask('shares');
    return measured;
  };
  await measureCancels(server, calls, profiled);
  return shares as Shares;
}

function summarize(rounds: Round[]): Result['servers'][ServerName] {
  return Object.fromEntries(
    QUANTITIES.map(({ name, unit, of }) => {
      const values = rounds.map(of).filter((value) => value !== undefined);
      return [name, values.length > 0 ? { unit, ...spread(values), rounds: values } : null];
    }),
  );
}

function parseOptions(argv: string[], env: NodeJS.ProcessEnv): Options | undefined {
  const command = new Command('npm run bench --')
    .description('Times pings and cancels: of the reference server, of the SDK alone, and of bare HTTP.')
    .option('--rounds <n>', 'how often everything is measured', '5')
    .option('--pairs <n>', 'pings and cancels that are sent one at a time in a round', '200')
    .option('--calls <n>', 'calls in flight that are cancelled at once', '1000')
    .option('--json <file>', 'where the figures go (default: reports/bench.json)');
  if (!parseCommandLine(command, argv)) return undefined;
  const given = command.opts();
  return {
    rounds: whole('--rounds', given.rounds, 100),
    pairs: whole('--pairs', given.pairs, 10_000),
    calls: whole('--calls', given.calls, 5000),
    json:
      given.json === undefined ? join(ROOT, 'reports/bench.json') : resolve(env.INIT_CWD ?? '.', given.json),
  };
}

function whole(option: string, text: string, most: number): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > most)
    throw usage(`${option} ${text}: allowed is a whole number from 1 to ${most}`);
  return value;
}
