import { AsyncLocalStorage } from 'node:async_hooks';

type Tell = (reason: unknown) => void;

// A rejection is the process's, not a run's: only the chain of callbacks that it came from tells whose it is.
const owner = new AsyncLocalStorage<Tell>();
const watching = new Set<Tell>();

/**
 * Runs `body`, and tells of each promise that a script in it rejects and nobody handles; one of which it cannot be
 * said whose it is is told once, to whoever has watched the longest.
 */
export async function watchRejections<T>(tell: Tell, body: () => Promise<T>): Promise<T> {
  if (watching.size === 0) process.on('unhandledRejection', onRejection);
  watching.add(tell);
  try {
    return await owner.run(tell, body);
  } finally {
    // A rejection is reported a turn of the event loop after the script that caused it.
    await new Promise((resolve) => setImmediate(resolve));
    watching.delete(tell);
    if (watching.size === 0) process.off('unhandledRejection', onRejection);
  }
}

function onRejection(reason: unknown): void {
  const [longest] = watching;
  const known = owner.getStore();
  (known && watching.has(known) ? known : longest)?.(reason);
}
