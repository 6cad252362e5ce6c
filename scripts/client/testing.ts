/** For tests: a command in a process of its own, and servers that say what a test wants. */

import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { Config } from '../../server/config.ts';
import { startServer } from '../../server/testing.ts';

/** A command at work; what it has printed so far, and its end. */
export interface Running {
  /** Resolves when this has been printed. */
  shown(text: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  ended: Promise<Ended>;
}

export interface Ended {
  exitCode: number | null;
  /** What was printed, line by line, without the end of the last one. */
  lines: string[];
  stderr: string;
}

/**
 * Starts `scripts/<name>.ts` as a user would.
 * @param env all that the command has of an environment, but for PATH
 */
export function start(name: 'client' | 'demo', args: string[], env: Record<string, string> = {}): Running {
  const file = fileURLToPath(new URL(`../${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', file, ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  return {
    async shown(text) {
      while (!stdout.includes(text)) await once(child.stdout, 'data');
    },
    kill: (signal) => child.kill(signal),
    ended: once(child, 'close').then(([exitCode]) => ({
      exitCode,
      lines: stdout === '' ? [] : stdout.replace(/\n$/, '').split('\n'),
      stderr,
    })),
  };
}

/** Starts a command and waits for its end. */
export function run(...args: Parameters<typeof start>): Promise<Ended> {
  return start(...args).ended;
}

/** Closes a server when the test is over. */
export function closing<Server extends { close(): Promise<unknown> }>(server: Server): Server {
  onTestFinished(async () => void (await server.close()));
  return server;
}

/** The reference server, for one test. */
export async function startReference(settings: Partial<Config> = {}) {
  return closing(await startServer(settings));
}

/** What an odd server is asked. */
interface Asked {
  id?: number;
  method: string;
}

/** A server that opens sessions, takes every notification, and does with a call what the test says. */
export async function startOddServer(
  call: (response: ServerResponse, asked: Asked, whenCancelled: Promise<unknown>) => void,
) {
  const cancelled: unknown[] = [];
  const cancels = new EventEmitter();
  const server = createServer(async (request, response) => {
    if (request.method !== 'POST') return response.writeHead(request.method === 'GET' ? 405 : 200).end();
    const asked = JSON.parse((await request.setEncoding('utf8').toArray()).join(''));
    if (asked.method === 'tools/call') return call(response, asked, once(cancels, 'cancel'));
    if (asked.method === 'notifications/cancelled') {
      cancelled.push(asked.params.requestId);
      cancels.emit('cancel');
    }
    if (asked.id === undefined) return response.writeHead(202).end();
    const result = {
      protocolVersion: asked.params.protocolVersion,
      capabilities: { tools: {} },
      serverInfo: { name: 'odd', version: '1' },
    };
    answer(response, asked, { result });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    /** The ids of the requests that were cancelled. */
    cancelled,
    async close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Answers as JSON. */
export function answer(response: ServerResponse, { id }: Asked, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', id, ...body }));
}
