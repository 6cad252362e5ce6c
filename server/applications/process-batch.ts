import type { FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import { z } from 'zod';
import type { DataFolder } from '../data-folder.ts';
import { key } from '../tools/key.ts';
import { defineTool, result } from '../tools/tool.ts';
import type { Witness } from '../witness.ts';
import type { Batches } from './batches.ts';
import type { Evidence } from './evidence.ts';
import { Slots } from './slots.ts';

/** How many batches may run at the same time. */
const MAX_RUNNING = 8;

/** How much of the dataset an item looks at, in bytes: about 40 rows. */
const SLICE_BYTES = 1000;

const DATASET = 'dataset.csv';

/**
 * Work in many pieces. None is left half done: a cancel lets those that have begun be finished, and begins no other.
 *
 * @param numbersOf the numbers of so many items; other than all of them only where a batch shall lose some, to be caught
 */
export const processBatch = (
  folder: DataFolder,
  batches: Batches,
  witness: Witness,
  evidence: Evidence,
  numbersOf: (items: number) => Iterable<number> = (items) => Array(items).keys(),
) => {
  const slots = new Slots(MAX_RUNNING, 'batches');
  return defineTool({
    name: 'process_batch',
    title: 'Process a batch',
    description:
      'Processes many items, several at a time: each is the statistics of a part of `dataset.csv`, and a line in an output file. Can be cancelled between items; what is done is kept.',
    input: z.strictObject({
      items: z.int().min(1).max(10_000).describe('how many items'),
      concurrency: z.int().min(1).max(16).default(4).describe('how many at a time'),
      item_ms: z.int().min(10).max(60_000).default(100).describe('milliseconds that an item takes'),
      key: key.optional().describe('by which `state` and `inspect` tell of this call'),
    }),
    output: z.object({ items: z.int(), done: z.int(), output: z.string() }),
    annotations: { readOnlyHint: false, destructiveHint: false, openWorldHint: false },

    async handler({ items: total, concurrency, item_ms, key }, call) {
      slots.take(call);
      const seen = witness.open(key, call.record, total);
      const input = await folder.open(DATASET);
      call.defer(() => input.close());
      const { size } = await input.stat();
      const output = await batches.create();
      call.defer(async () => {
        await output.file.close();
        seen.cleaned_up = true;
      });
      // Each is counted where it happens: that they add up to the total is then worth a look.
      let inFlight = 0;
      let done = 0;
      let failed = 0;
      let neverStarted = 0;
      const broken = new AbortController();
      const work = evidence.open(key, call, 'process_batch', 'the output of the batch', async () => {
        const kept = await output.count();
        const files = [input, output.file].filter(({ fd }) => fd >= 0).length;
        return {
          told: `${kept} lines in ${output.name}${broken.signal.aborted ? `; ${broken.signal.reason}` : ''}`,
          left: inFlight + files,
          facts: {
            total,
            done,
            in_flight: inFlight,
            never_started: neverStarted,
            kept,
            ...(failed ? { failed } : {}),
          },
        };
      });

      const slices = Math.ceil(size / SLICE_BYTES);
      const hurry = AbortSignal.any([call.signal, batches.closing, broken.signal]);
      const processItem = async (item: number) => {
        if (hurry.aborted) {
          neverStarted++;
          return;
        }
        inFlight++;
        try {
          // The pace of an item; a cancel ends the wait, and not the item.
          await sleep(item_ms, undefined, { signal: hurry }).catch(() => {});
          const found = await statistics(input, (item % slices) * SLICE_BYTES);
          await output.file.write(`${JSON.stringify({ item, ...found })}\n`);
          done++;
          seen.ticks = done;
          call.progress(done, total, `${done} of ${total} items`);
        } catch (error) {
          failed++;
          // Not thrown from here: the call may not end, and close its files, before all of its items have.
          broken.abort(error);
        } finally {
          inFlight--;
        }
      };
      call.log('info', `Processing ${total} items`);
      await pLimit(concurrency).map(numbersOf(total), processItem);
      if (call.cancelled) seen.cancelled += 1;
      if (failed) {
        work.end('failed', `${done} items`);
        throw broken.signal.reason;
      }
      work.end(neverStarted ? 'stopped' : 'finished', `${done} items`);
      if (neverStarted) throw hurry.reason;
      seen.finished += 1;
      return result(`${done} items`, { items: total, done, output: output.name });
    },
  });
};

/** Of the values of the whole rows in a slice of the dataset. */
async function statistics(file: FileHandle, offset: number) {
  const buffer = Buffer.alloc(SLICE_BYTES);
  const { bytesRead } = await file.read(buffer, 0, SLICE_BYTES, offset);
  const rows = buffer.toString('utf8', 0, bytesRead).split('\n').slice(1, -1);
  const values = rows.map((row) => Number(row.split(',')[2])).filter(Number.isFinite);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return {
    rows: values.length,
    min: Math.min(...values),
    max: Math.max(...values),
    mean,
    deviation: Math.sqrt(square),
  };
}
