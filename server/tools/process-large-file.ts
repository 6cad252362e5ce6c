import { createHash } from 'node:crypto';
import { type FileHandle, unlink } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import type { DataFolder } from '../data-folder.ts';
import type { Witness } from '../witness.ts';
import { key } from './key.ts';
import { defineTool, result } from './tool.ts';

const NEWLINE = 0x0a;
const PIECE_BYTES = 65_536;

/** The lesson's tool: reads a real file, at a pace that leaves time to cancel it, and cleans up after itself. */
export const processLargeFile = (folder: DataFolder, witness: Witness) =>
  defineTool({
    name: 'process_large_file',
    title: 'Process a large file',
    description:
      'Reads a file of the data folder in `processing_time` chunks, one every `tick_ms` milliseconds; counts its lines and bytes and hashes it. Can be cancelled. `large_dataset.csv` and `dataset.csv` are always there.',
    input: z.strictObject({
      filename: z.string().min(1).max(1000).describe('a file of the data folder'),
      processing_time: z.int().min(1).max(3600).default(10).describe('how many ticks it takes'),
      tick_ms: z.int().min(10).max(60_000).default(1000).describe('milliseconds from tick to tick'),
      key: key.optional().describe('by which `state` tells of this call'),
    }),
    output: z.object({
      filename: z.string(),
      lines: z.int().nonnegative(),
      bytes: z.int().nonnegative(),
      sha256: z.string(),
      ticks: z.int().nonnegative(),
    }),
    annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },

    async handler({ filename, processing_time: ticks, tick_ms, key }, call) {
      const seen = witness.open(key, call.record, ticks);
      const file = await folder.open(filename);
      call.defer(() => file.close());
      const partial = await folder.temporary();
      call.defer(async () => {
        await partial.file.close();
        await unlink(partial.path);
        seen.cleaned_up = true;
      });

      call.log('info', `Starting to process ${filename} (Request: ${call.id})`);
      const { size } = await file.stat();
      const hash = createHash('sha256');
      let bytes = 0;
      let newlines = 0;
      let last = NEWLINE;
      try {
        for (let tick = 1; tick <= ticks; tick++) {
          await setTimeout(tick_ms, undefined, { signal: call.signal });
          const start = Math.floor((size * (tick - 1)) / ticks);
          const end = Math.floor((size * tick) / ticks);
          for await (const piece of pieces(file, start, end, call.signal)) {
            hash.update(piece);
            bytes += piece.length;
            for (const byte of piece) if (byte === NEWLINE) newlines++;
            last = piece[piece.length - 1] ?? last;
          }
          await partial.file.write(`${tick}/${ticks}: ${bytes} bytes, ${newlines} line ends\n`);
          seen.ticks = tick;
          call.progress(tick, ticks, `Processed chunk ${tick}/${ticks}`);
          call.log('info', `Processed chunk ${tick}/${ticks}`);
        }
      } catch (error) {
        if (call.cancelled) {
          seen.cancelled += 1;
          call.log('warning', `Processing of ${filename} was cancelled by client.`);
        }
        throw error;
      }
      seen.finished += 1;
      // A last line without a line end is a line too.
      const lines = newlines + (last === NEWLINE ? 0 : 1);
      const counts = { filename, lines, bytes, sha256: hash.digest('hex'), ticks };
      return result(`Successfully processed ${filename}`, counts);
    },
  });

/** Reads a file from one offset to another, in bytes. A stream for each part would leave a listener on the file. */
async function* pieces(file: FileHandle, start: number, end: number, signal: AbortSignal) {
  const buffer = Buffer.allocUnsafe(PIECE_BYTES);
  for (let offset = start; offset < end; ) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(buffer, 0, Math.min(PIECE_BYTES, end - offset), offset);
    // The file has become shorter meanwhile.
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    offset += bytesRead;
  }
}
