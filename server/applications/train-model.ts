import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { key } from '../tools/key.ts';
import { defineTool, result } from '../tools/tool.ts';
import type { Witness } from '../witness.ts';
import type { Evidence } from './evidence.ts';
import { Slots } from './slots.ts';
import { THREADS, type Trainer } from './trainer.ts';

/** How often the event loop is looked at, in milliseconds. */
const RESOLUTION_MS = 10;

/** For how long the CPU time of the process is measured, twice, in milliseconds. */
const WINDOW_MS = 100;

/** Work that never gives way: in the server's own thread no cancel would even be read. In another one, that thread is ended. */
export const trainModel = (trainer: Trainer, witness: Witness, evidence: Evidence) => {
  const slots = new Slots(THREADS, 'threads for training');
  return defineTool({
    name: 'train_model',
    title: 'Train a model',
    description:
      'Trains a small neural network on generated data, in a thread. 10000 epochs take minutes. Can be cancelled.',
    input: z.strictObject({
      epochs: z.int().min(1).max(10_000).describe('how many times over all samples'),
      samples: z.int().min(10).max(20_000).default(5000).describe('how many samples'),
      key: key.optional().describe('by which `state` and `inspect` tell of this call'),
    }),
    output: z.object({ epochs: z.int(), loss: z.number(), accuracy: z.number() }),
    annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },

    async handler({ epochs, samples, key }, call) {
      slots.take(call);
      const seen = witness.open(key, call.record, epochs);
      // A terminated thread cleans nothing up: what is to be cleaned up has to be out here.
      const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
      loop.enable();
      const training = trainer.train({ epochs, samples }, call.signal, ({ epoch, loss }) => {
        seen.ticks = epoch;
        work.told = `epoch ${epoch}, loss ${loss.toFixed(4)}`;
        call.progress(epoch, epochs, `Loss ${loss.toFixed(4)} after epoch ${epoch}`);
      });
      let watched = true;
      call.defer(async () => {
        // A training that came to its end has given its model before its thread has exited.
        await training.exited();
        training.close();
        loop.disable();
        watched = false;
        seen.cleaned_up = true;
      });
      const work = evidence.open(key, call, 'train_model', 'the thread of the training', async () => ({
        left: (training.runs ? 1 : 0) + (watched ? 1 : 0),
        facts: {
          worker: training.runs ? 'running' : 'exited',
          loop_delay_ms: Math.max(0, Math.round(loop.max / 1e6 - RESOLUTION_MS)),
          cpu_ms: await cpuTime(),
        },
      }));

      call.log('info', `Training for ${epochs} epochs`);
      try {
        const model = await training.model;
        work.end('finished', `loss ${model.loss.toFixed(4)}, accuracy ${model.accuracy.toFixed(4)}`);
        seen.ticks = epochs;
        seen.finished += 1;
        return result(`accuracy ${model.accuracy}`, { epochs, ...model });
      } catch (error) {
        const told = await training.exited();
        work.end((error as Error).name === 'AbortError' ? 'stopped' : 'failed', told);
        if (call.cancelled) seen.cancelled += 1;
        throw error;
      }
    },
  });
};

/** The CPU time that this process takes while one waits, all of its threads together, in milliseconds. */
async function cpuTime(): Promise<number> {
  const windows = [await cpuTimeOfWindow(), await cpuTimeOfWindow()];
  // What computes goes on in both; the process's other work is now and then.
  return Math.min(...windows);
}

async function cpuTimeOfWindow(): Promise<number> {
  const before = process.cpuUsage();
  await sleep(WINDOW_MS);
  const { user, system } = process.cpuUsage(before);
  return Math.round((user + system) / 1000);
}
