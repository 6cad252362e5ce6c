/** What the offers of broken servers are made of: handlers around the handlers of the real ones. */

import { setTimeout } from 'node:timers/promises';
import type { Offer } from '../tools/index.ts';
import type { Caller, ToolCall } from '../tools/tool.ts';
import type { Json } from './exchange.ts';

type Handler = (args: Json, call: ToolCall, caller: Caller) => Promise<Json>;

/** Gives some tools, prompts, resources or completions another handler, which is given the real one. */
export function handling(
  names: readonly string[],
  change: (handler: Handler) => Handler,
): (offer: Offer) => Offer {
  const one = <What extends { name: string; handler: Handler }>(what: What): What =>
    names.includes(what.name) ? { ...what, handler: change(what.handler.bind(what)) } : what;
  return (offer) => ({
    ...offer,
    tools: offer.tools.map(one),
    prompts: offer.prompts.map(one),
    resources: offer.resources.map(one),
    completions: offer.completions.map(one),
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
