import type { ClearTimer, SetTimer } from './sandbox.ts';

export interface Clock {
  /** Milliseconds since the case began. */
  now(): number;
  /** A wait that nothing can shorten. */
  sleep(ms: number): Promise<void>;
  /** Marks what is awaited as one that takes its time by its nature, such as a call that is to end by itself. */
  spending<T>(promise: Promise<T>): Promise<T>;
  /** Milliseconds spent in such waits so far; those that overlap count once. */
  waitedMs(): number;
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
  let waiting = 0;
  let waitingSince = 0;
  let waited = 0;
  const begin = () => {
    if (waiting === 0) waitingSince = now();
    waiting += 1;
  };
  const end = () => {
    waiting -= 1;
    if (waiting === 0) waited += now() - waitingSince;
  };

  function spending<T>(promise: Promise<T>): Promise<T> {
    begin();
    promise.then(end, end);
    return promise;
  }

  const sleep = (ms: number) => spending(new Promise<void>((resolve) => setTimer(resolve, ms)));

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

  return { now, sleep, spending, waitedMs: () => waited, within, until };
}
