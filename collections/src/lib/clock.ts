import type { ClearTimer, SetTimer } from './sandbox.ts';

export interface Clock {
  /** Milliseconds since the case began. */
  now(): number;
  sleep(ms: number): Promise<void>;
  /** Resolves with the promise's value, or with undefined after `ms` milliseconds. */
  within<T>(promise: Promise<T>, ms: number): Promise<T | undefined>;
  /** Probes until it answers something other than undefined, every `everyMs` milliseconds, for at most `ms`. */
  until<T>(probe: () => Promise<T | undefined>, ms: number, everyMs: number): Promise<T | undefined>;
}

/**
 * Timers of the running script. They are passed in, because those a global function closes over are
 * dead in the next script.
 * @param began `Date.now()` of the case's begin; a test script passes on the one of its pre-request script.
 */
export function createClock(setTimer: SetTimer, clearTimer: ClearTimer, began: number): Clock {
  const now = () => Date.now() - began;
  const sleep = (ms: number) => new Promise<void>((resolve) => setTimer(resolve, ms));

  function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      let fired = false;
      const timer = setTimer(() => {
        fired = true;
        resolve(undefined);
      }, ms);
      // A losing timer keeps the script alive until it fires, and clearing one that has fired hangs the sandbox for ever.
      const settle = (finish: () => void) => {
        if (!fired) clearTimer(timer);
        finish();
      };
      promise.then(
        (value) => settle(() => resolve(value)),
        (error) => settle(() => reject(error)),
      );
    });
  }

  async function until<T>(probe: () => Promise<T | undefined>, ms: number, everyMs: number) {
    const deadline = now() + ms;
    for (;;) {
      const value = await probe();
      if (value !== undefined || now() >= deadline) return value;
      await sleep(everyMs);
    }
  }

  return { now, sleep, within, until };
}
