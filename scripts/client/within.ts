/**
 * Waits for something, but not for ever.
 * @param ms how long, in milliseconds
 * @returns undefined where the time is over, or the signal was aborted, before it is there
 */
export async function within<Value>(
  awaited: Promise<Value>,
  ms: number,
  signal?: AbortSignal,
): Promise<Value | undefined> {
  if (signal?.aborted) return undefined;
  let stop: () => void = () => {};
  const over = new Promise<undefined>((resolve) => {
    const timer = setTimeout(resolve, ms, undefined);
    const interrupted = () => resolve(undefined);
    signal?.addEventListener('abort', interrupted);
    stop = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', interrupted);
    };
  });
  try {
    return await Promise.race([awaited, over]);
  } finally {
    stop();
  }
}

/** Waits, but no longer than until the signal is aborted. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await within(new Promise<never>(() => {}), ms, signal);
}
