import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Failure } from '../runner/failure.ts';
import type { Answers } from './serve.ts';
import type { ServerName } from './servers.ts';

const SERVE = fileURLToPath(new URL('./serve.ts', import.meta.url));

/** A server that is measured, in a process of its own: what it uses is not the client's. */
export class BenchServer {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#child = child;
  }

  /** @throws Failure (3) where it does not start */
  static async start(name: ServerName): Promise<BenchServer> {
    const child = fork(SERVE, [name], {
      execArgv: ['--import', 'tsx', '--expose-gc'],
      // Its log is written, as it always is, and read by nobody.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const [url] = await Promise.race([once(child, 'message'), once(child, 'exit').then(() => [])]);
    if (url === undefined) throw new Failure(3, `the server "${name}" did not start`);
    return new BenchServer(String(url), child);
  }

  async ask<Question extends keyof Answers>(question: Question): Promise<Answers[Question]> {
    const answered = once(this.#child, 'message');
    this.#child.send(question);
    return (await answered)[0] as Answers[Question];
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.disconnect();
    await exited;
  }
}
