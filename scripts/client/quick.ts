import { duration } from '../report/text.ts';
import type { Io } from '../runner/screen.ts';
import type { Options } from './options.ts';
import { endingOf, showRaw } from './show-raw.ts';
import { within } from './within.ts';

const TICK_MS = 320;
const TICKS = 3;

/** Half a tick, so that no progress comes at the same moment as the cancel. */
const HALF_MS = TICK_MS / 2;

/** How long the server may take to end a cancelled call, in milliseconds. */
const END_MS = 2000;

/**
 * A call that is cancelled while it runs, over raw HTTP; every request and every frame is shown as it passes.
 * @returns the exit code: 0 where the call was cancelled, 1 where not
 * @throws Failure (3) where there is nothing to connect to
 */
export async function quick(options: Options, io: Io): Promise<number> {
  return showRaw(options, io, async (session, trace) => {
    const { id, exchange } = session.request('tools/call', {
      name: 'process_large_file',
      arguments: { filename: 'large_dataset.csv', processing_time: 10, tick_ms: TICK_MS },
      _meta: { progressToken: 'quick' },
    });
    const [ticked, ms]: [Promise<unknown>, number] = session.streams
      ? [exchange.until(({ params }) => params?.progress === TICKS), 2 * TICK_MS * TICKS]
      : [exchange.fate, TICK_MS * TICKS];
    await within(ticked, ms, io.signal);
    const early = await within(exchange.fate, HALF_MS, io.signal);
    if (early) {
      const { text } = await endingOf(exchange, id, early);
      return { exitCode: 1, summary: `Not cancelled: request ${id} ended before: ${text}.` };
    }
    if (io.signal?.aborted) trace.note(`interrupted: cancelling request ${id}`);
    const sent = performance.now();
    const over = within(exchange.fate, END_MS).then((fate) => ({ fate, tookMs: performance.now() - sent }));
    await session.cancel(id, 'quick enough', options.method);
    const { fate, tookMs } = await over;
    const later = `${duration(tookMs)} after the cancel was sent`;
    if (!fate) return { exitCode: 1, summary: `Not ended: request ${id} was still open ${later}.` };
    const { text, cancelled } = await endingOf(exchange, id, fate);
    return {
      exitCode: cancelled ? 0 : 1,
      summary: `${cancelled ? 'Request' : 'Not cancelled: request'} ${id} ended ${later}: ${text}.`,
    };
  });
}
