/** That what proves a stop can fail. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ended } from '../testing.ts';
import { createDeaf, createLeaky, WORKING } from './broken.ts';
import { begin, inspect, inspected, type Started, startApplications } from './testing.ts';

describe('where a tool is not told of its cancel', () => {
  let server: Started;
  beforeAll(async () => {
    server = await startApplications({ create: createDeaf });
  });
  afterAll(() => server.close());

  // The agent at last: what it calls by itself needs room in the pools, beside what is stuck there.
  test.each(WORKING)('its caller is let go, and the resource of %s says that it works on', async (tool) => {
    const { client } = server;
    const call = await begin(client, tool);
    await client.cancel(tool, 'enough');
    await ended(call);
    const first = await inspect(client, tool);
    const { ticks } = await client.state(tool);
    const later = await client.seen(tool, (state) => state.ticks > ticks);
    const second = await inspect(client, tool);

    expect(later).toMatchObject({ call: 'cancelled', handler: 'running', cancelled: 0, cleaned_up: false });
    for (const found of [first, second]) expect(found).toMatchObject({ work: 'running', stop_ms: null });
    expect(second.left).toBeGreaterThan(0);
    if (tool === 'query_database') expect(second.facts.next_query).not.toBe('answered');
    if (tool === 'train_model') expect(second.facts.worker).toBe('running');
    if (tool === 'call_api') expect(second.facts).toMatchObject({ upstream: 'open', upstream_open: 1 });
    if (tool === 'process_batch') expect(second.facts.done).toBeGreaterThan(first.facts.done);
  });
});

describe('where a tool does not clean up', () => {
  let server: Started;
  beforeAll(async () => {
    server = await startApplications({ create: createLeaky });
  });
  afterAll(() => server.close());

  test.each(WORKING)('%s stops, and what it has left is counted', async (tool) => {
    const { client } = server;
    const call = await begin(client, tool);
    await client.cancel(tool);
    await ended(call);
    const found = await inspected(client, tool, ({ work }) => work === 'stopped');
    const seen = await client.seen(tool, ({ handler }) => handler === 'ended');
    expect(seen).toMatchObject({ cancelled: 1, cleaned_up: false });
    // What the agent has begun are sound tools, which clean up.
    if (tool !== 'run_agent') expect(found.left).toBeGreaterThan(0);
    if (tool === 'query_database') expect(found.facts.next_query).not.toBe('answered');
  });
});
