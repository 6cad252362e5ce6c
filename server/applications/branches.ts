/** The calls that a call makes: a registry of their own, which is cancelled as a whole with the call that made them. */

import { Calls } from '../calls.ts';
import type { Outlet } from '../tools/call.ts';
import type { ToolCall } from '../tools/tool.ts';

export class Branches {
  readonly #calls = new Calls();
  readonly #parent: ToolCall;
  readonly #onShare: (share: number) => void;
  readonly #shares = new Map<string, number>();

  /**
   * @param parent when it is cancelled, all of them are
   * @param onShare told how much of the work of all of them is done, from 0 to 1
   */
  constructor(parent: ToolCall, onShare: (share: number) => void) {
    this.#parent = parent;
    this.#onShare = onShare;
    parent.signal.addEventListener('abort', () => this.cancel(parent.record.reason ?? 'cancelled'), {
      once: true,
    });
  }

  /**
   * Makes a call. All of them are to be made before the first of them has ended, or the shares are not those of the whole.
   *
   * @param name unique among them
   * @returns what the handler returns or throws
   * @throws CallCancelled as soon as they are cancelled; the handler may still be at work then
   */
  start<Result extends { isError?: boolean | undefined }>(
    name: string,
    handler: (call: ToolCall) => Promise<Result>,
  ): Promise<Result> {
    this.#shares.set(name, 0);
    const outlet = {
      progress: (progress: number, total?: number) => this.#grow(name, total ? progress / total : 0),
      log: (...[level, text]: Parameters<ToolCall['log']>) => this.#parent.log(level, `${name}: ${text}`),
      serverLog: (...[level, text, error]: Parameters<Outlet['serverLog']>) =>
        this.#parent.log(level, [name, text, ...(error === undefined ? [] : [String(error)])].join(': ')),
    };
    const call = this.#calls.start(`${this.#parent.id}/${name}`, name, outlet, handler);
    return call.then((result) => {
      this.#grow(name, 1);
      return result;
    });
  }

  cancel(reason: string): void {
    this.#calls.cancelAll(reason);
  }

  /** Resolves when every handler has really ended, those of cancelled calls included. */
  idle(): Promise<void> {
    return this.#calls.idle();
  }

  #grow(name: string, share: number): void {
    this.#shares.set(name, share);
    const shares = [...this.#shares.values()];
    this.#onShare(shares.reduce((sum, each) => sum + each, 0) / shares.length);
  }
}
