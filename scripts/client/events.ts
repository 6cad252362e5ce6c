import type { Progress, RequestId } from '@modelcontextprotocol/sdk/types.js';
import type { CallEnd } from './call-end.ts';
import type { CancelMethod } from './session.ts';

/** What happens in the lesson, as it happens: one line of `--json` each. */
export type LessonEvent =
  | { event: 'starting'; url: string }
  | { event: 'connected'; status: number }
  | { event: 'initialized'; protocolVersion: string; server: { name: string; version: string } }
  | {
      event: 'call';
      id: RequestId;
      tool: string;
      arguments: Record<string, unknown>;
      cancelAfterMs: number;
    }
  | ({ event: 'progress'; id: RequestId } & Progress)
  | { event: 'log'; level: string; data: unknown }
  | {
      event: 'cancel';
      id: RequestId;
      method: CancelMethod;
      /** How long the call had been running, in milliseconds; null where Ctrl-C came before. */
      afterMs: number | null;
    }
  | { event: 'accepted'; id: RequestId; status: number | undefined }
  | {
      event: 'end';
      id: RequestId;
      /** How the call ended; `silent` where it did not end in time. */
      end: CallEnd | { kind: 'silent'; waitedMs: number };
      /** From the sending of the cancel to the end, in milliseconds; null where none had been sent. */
      cancelMs: number | null;
    }
  | { event: 'interrupted' }
  | { event: 'finished'; exitCode: number };

export type Tell = (event: LessonEvent) => void;

/** Tells events as JSON, one object a line: `ms` since the start, `event`, and what belongs to it. */
export function jsonTeller(print: (line: string) => void): Tell {
  const start = performance.now();
  return (event) => {
    const line = JSON.stringify({ ms: Math.round(performance.now() - start), ...event });
    // What a server says must not drive a terminal, and a reader of lines must find one line.
    print(
      line.replace(
        /[\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g,
        (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
      ),
    );
  };
}
