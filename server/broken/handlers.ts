/** What the offers of broken servers are made of: handlers around the handlers of the real ones. */

import { setTimeout } from 'node:timers/promises';
import type { Offer } from '../tools/index.ts';
import type { Tool, ToolCall } from '../tools/tool.ts';

type Handler = Tool['handler'];

/** Gives some tools another handler, which is given the real one. */
export function handling(names: string[], change: (handler: Handler) => Handler): (offer: Offer) => Offer {
  return (offer) => ({
    ...offer,
    tools: offer.tools.map((tool) =>
      names.includes(tool.name) ? { ...tool, handler: change(tool.handler.bind(tool)) } : tool,
    ),
  });
}

/** The same call, but for what is changed. */
export function seenAs(call: ToolCall, changes: Partial<ToolCall>): ToolCall {
  return {
    id: call.id,
    signal: call.signal,
    record: call.record,
    get cancelled() {
      return this.signal.aborted;
    },
    progress: (...told) => call.progress(...told),
    log: (...told) => call.log(...told),
    defer: (cleanup) => call.defer(cleanup),
    ...changes,
  };
}

/** The same call to a handler that never hears of its cancel. */
export function deafTo(call: ToolCall): ToolCall {
  return seenAs(call, { signal: new AbortController().signal });
}

/** Resolves when a call has been cancelled. */
export function untilCancelled({ signal }: ToolCall): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Lets a quick call last so long that a cancel which is sent beside it finds it running. */
export const notSoQuick = handling(['quick'], (handler) => async (args, call, caller) => {
  await setTimeout(100, undefined, { signal: call.signal });
  return handler(args, call, caller);
});
