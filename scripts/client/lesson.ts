import type { Io } from '../runner/screen.ts';
import { isCancelled } from './call-end.ts';
import type { Tell } from './events.ts';
import type { Options } from './options.ts';
import { Session } from './session.ts';
import { within } from './within.ts';

/** How long a server may take to end a cancelled call, in milliseconds. */
const END_MS = 2000;

const TOOL = 'process_large_file';

/**
 * The lesson: start a call, learn its id, cancel it while it runs, wait for the server's own answer to it.
 * @param tell told of each event when it has happened
 * @returns the exit code: 0 where the call was cancelled, else 1
 * @throws Failure (3) where there is nothing to connect to
 */
export async function lesson(options: Options, tell: Tell, { signal }: Io): Promise<number> {
  const { url, authorization } = options;
  tell({ event: 'starting', url });
  const session = await Session.open({
    url,
    authorization,
    signal,
    connected: (status) => tell({ event: 'connected', status }),
    log: (level, data) => tell({ event: 'log', level, data }),
  });
  let exitCode = 1;
  try {
    tell({ event: 'initialized', ...session.agreed });
    exitCode = await callAndCancel(session, options, tell, signal);
  } finally {
    await session.close();
  }
  if (signal?.aborted) return 130;
  tell({ event: 'finished', exitCode });
  return exitCode;
}

async function callAndCancel(
  session: Session,
  { file, processingTime, afterMs, method }: Options,
  tell: Tell,
  signal: AbortSignal | undefined,
): Promise<number> {
  const args = { filename: file, processing_time: processingTime };
  const call = await session.start(TOOL, args, (progress) => tell({ event: 'progress', id, ...progress }));
  const { id } = call;
  tell({ event: 'call', id, tool: TOOL, arguments: args, cancelAfterMs: afterMs });

  const early = await within(call.end, afterMs, signal);
  if (early) {
    tell({ event: 'end', id, end: early, cancelMs: null });
    return 1;
  }
  const interrupted = signal?.aborted === true;
  tell({ event: 'cancel', id, method, afterMs: interrupted ? null : afterMs });
  const sent = performance.now();
  const reason = interrupted ? 'Interrupted by the user' : 'Cancelled by the client of the lesson';
  const accepted = session.cancel(call, reason, method).then(
    (status) => tell({ event: 'accepted', id, status }),
    // The end of the call tells what it came to.
    () => {},
  );
  const end = await within(call.end, END_MS, interrupted ? undefined : signal);
  if (end === undefined && signal?.aborted) {
    tell({ event: 'interrupted' });
    return 130;
  }
  const cancelMs = Math.round((performance.now() - sent) * 10) / 10;
  await within(accepted, END_MS);
  tell({ event: 'end', id, end: end ?? { kind: 'silent', waitedMs: END_MS }, cancelMs });
  return end && isCancelled(end) ? 0 : 1;
}
