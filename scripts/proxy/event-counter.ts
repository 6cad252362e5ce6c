import { parseSse } from '../../collections/src/lib/sse.ts';

const LF = 0x0a;
const CR = 0x0d;

export interface EventCounter {
  /** Events that have arrived whole. */
  readonly events: number;
  /** Whether what has arrived ends within a line. */
  readonly inLine: boolean;
  /** Whether what has arrived ends within an event, which a blank line would complete. */
  readonly inEvent: boolean;
  /**
   * Takes the next bytes of the stream, cut anywhere.
   * @param limit the number of events to stop at
   * @returns how many of the bytes there are up to the end of event number `limit`; -1 where it has not ended yet
   */
  feed(chunk: Buffer, limit: number): number;
}

/** Counts the events of one SSE stream; an event is what the suite's own parser takes for one. */
export function createEventCounter(): EventCounter {
  let events = 0;
  /** What has arrived since the last blank line. */
  let block: Buffer[] = [];
  let lineLength = 0;
  let afterCr = false;
  const text = () => Buffer.concat(block).toString('utf8');

  function feed(chunk: Buffer, limit: number): number {
    let begin = 0;
    for (const [at, byte] of chunk.entries()) {
      const halfOfCrlf = byte === LF && afterCr;
      afterCr = byte === CR;
      if (halfOfCrlf) continue;
      if (byte !== LF && byte !== CR) {
        lineLength += 1;
        continue;
      }
      const blank = lineLength === 0;
      lineLength = 0;
      if (!blank) continue;
      block.push(chunk.subarray(begin, at + 1));
      begin = at + 1;
      events += parseSse(text()).events.length;
      block = [];
      // Not waiting for the LF that may follow a CR: without one, it would be the next event that ends this one.
      if (events === limit) return afterCr && chunk[begin] === LF ? begin + 1 : begin;
    }
    block.push(chunk.subarray(begin));
    return -1;
  }

  return {
    feed,
    get events() {
      return events;
    },
    get inLine() {
      return lineLength > 0;
    },
    get inEvent() {
      return /^[^:\r\n]/m.test(text());
    },
  };
}
