/** Broken before anything is called: the handshake, the list of tools. */

import { asks, type Json, respond, withHeaders } from './exchange.ts';
import type { Fault } from './fault.ts';
import { after, mapping } from './layers.ts';

const isInitialize = (incoming: Parameters<typeof asks>[0]) => asks(incoming, 'initialize');
const isInitialized = (incoming: Parameters<typeof asks>[0]) => asks(incoming, 'notifications/initialized');

/** Leaves one field out of the result of `initialize`. */
const without = (field: string) =>
  mapping(isInitialize, ({ result: { [field]: _, ...result }, ...message }: Json) => ({
    ...message,
    result,
  }));

export const handshake: readonly Fault[] = [
  {
    name: 'initialize-without-revision',
    what: 'does not say which revision it speaks',
    turns: { 'S-INIT-1': { answers: 'fail' } },
    unjudged: ['S-INIT-1', 'S-INIT-2', 'S-LIST-1'],
    layer: without('protocolVersion'),
  },
  {
    name: 'initialize-without-capabilities',
    what: 'does not say what it can do',
    turns: { 'S-INIT-1': { answers: 'fail' } },
    layer: without('capabilities'),
  },
  {
    name: 'initialize-without-name',
    what: 'does not say what it is called',
    turns: { 'S-INIT-1': { answers: 'fail' } },
    layer: without('serverInfo'),
  },
  {
    name: 'bad-session-id',
    what: 'puts a space into its session ids',
    turns: { 'S-INIT-1': { sessionId: 'fail' } },
    layer: (next) => async (incoming) => {
      const known = incoming.sessionId?.replace('session ', '');
      const outgoing = await next(withHeaders(incoming, { 'mcp-session-id': known }));
      const id = outgoing.headers['mcp-session-id'];
      return id
        ? { ...outgoing, headers: { ...outgoing.headers, 'mcp-session-id': `session ${id}` } }
        : outgoing;
    },
  },
  {
    name: 'initialized-200',
    what: 'answers notifications/initialized with 200',
    turns: { 'S-INIT-2': { accepted: 'fail' } },
    layer: after(isInitialized, (outgoing) => ({ ...outgoing, status: 200 })),
  },
  {
    name: 'initialized-body',
    what: 'answers notifications/initialized with a body',
    turns: { 'S-INIT-2': { accepted: 'fail' } },
    layer: after(isInitialized, ({ status }) => respond(status, {})),
  },
  {
    name: 'hides-tools',
    what: 'does not list the tool process_large_file',
    turns: { 'S-LIST-1': { named: 'warn' } },
    layer: mapping(
      (incoming) => asks(incoming, 'tools/list'),
      ({ result, ...message }) => {
        const tools = result.tools.filter(({ name }: Json) => name !== 'process_large_file');
        return { ...message, result: { ...result, tools } };
      },
    ),
  },
];
