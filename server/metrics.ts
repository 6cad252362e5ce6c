/** What /metrics tells: counted out of the same events as the log is written, and of what is kept at that moment. */

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { IGNORED_REASONS, type Telemetry } from './telemetry.ts';
import type { Offer } from './tools/index.ts';
import { SESSION_ENDS } from './tools/tool.ts';

/** In seconds: from half a millisecond, which is less than a round trip, over the second that is promised, to ten. */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What a server tells of itself. */
export interface Metrics {
  /** To be given what each session tells. */
  observe(telemetry: Telemetry): void;
  /** The media type of what `read` returns. */
  readonly contentType: string;
  /** All of it, in the text format of Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/). */
  read(): Promise<string>;
}

/** CPU, memory, event loop and garbage collector: what belongs to a process and not to one of its servers, and is measured until it ends. */
export function measureProcess(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}

/**
 * Makes the metrics of one server. Of what is offered every name is there from the beginning, with 0, as what is
 * missing before its first time has no rate. No other name, and nothing that a client sends, becomes a label.
 *
 * @param kept what is kept for clients that come back, asked for when the metrics are read
 * @param measured metrics of the process, to be read with those of the server
 */
export function createMetrics(
  offer: Offer,
  kept: () => { events: number; bytes: number },
  measured?: Registry,
): Metrics {
  const registry = new Registry();
  const registers = [registry];

  const started = new Counter({
    name: 'mcp_calls_started_total',
    help: 'Calls that were started.',
    labelNames: ['tool'],
    registers,
  });
  const settled = new Counter({
    name: 'mcp_calls_settled_total',
    help: 'Calls that were settled: completed, failed, or cancelled for a cause.',
    labelNames: ['tool', 'outcome', 'cause'],
    registers,
  });
  const inFlight = new Gauge({
    name: 'mcp_calls_in_flight',
    help: 'Calls that are not yet settled.',
    labelNames: ['tool'],
    registers,
  });
  const running = new Gauge({
    name: 'mcp_handlers_running',
    help: 'Handlers that have not ended, those of settled calls included.',
    labelNames: ['tool'],
    registers,
  });
  const handlerEnd = new Histogram({
    name: 'mcp_cancel_to_handler_end_seconds',
    help: 'Time from the cancel of a call until its handler, with its cleanups, has ended.',
    labelNames: ['tool'],
    buckets: BUCKETS,
    registers,
  });
  const exchangeEnd = new Histogram({
    name: 'mcp_cancel_to_exchange_end_seconds',
    help: 'Time from the cancel of a call until its HTTP exchange has ended.',
    buckets: BUCKETS,
    registers,
  });
  const ignored = new Counter({
    name: 'mcp_cancels_ignored_total',
    help: 'Cancels that came to nothing, by the reason.',
    labelNames: ['reason'],
    registers,
  });
  const dropped = new Counter({
    name: 'mcp_streams_dropped_total',
    help: 'Connections that were dropped, as their clients did not read.',
    registers,
  });
  const open = new Gauge({ name: 'mcp_sessions_open', help: 'Sessions that are open.', registers });
  const opened = new Counter({
    name: 'mcp_sessions_opened_total',
    help: 'Sessions that were opened.',
    registers,
  });
  const closed = new Counter({
    name: 'mcp_sessions_closed_total',
    help: 'Sessions that were closed, by the cause.',
    labelNames: ['cause'],
    registers,
  });
  new Gauge({
    name: 'mcp_events_kept',
    help: 'Events kept for clients that come back, in all sessions.',
    registers,
    collect() {
      this.set(kept().events);
    },
  });
  new Gauge({
    name: 'mcp_events_kept_bytes',
    help: 'Size of the events kept for clients that come back, in all sessions.',
    registers,
    collect() {
      this.set(kept().bytes);
    },
  });

  const { tools, prompts, resources, completions } = offer;
  for (const { name: tool } of [...tools, ...prompts, ...resources, ...completions]) {
    for (const metric of [started, inFlight, running]) metric.inc({ tool }, 0);
    for (const outcome of ['completed', 'failed']) settled.inc({ tool, outcome }, 0);
    // An expired session has no calls: one with a call in flight is not idle.
    for (const cause of ['client', 'deleted', 'shutdown'])
      settled.inc({ tool, outcome: 'cancelled', cause }, 0);
    handlerEnd.zero({ tool });
  }
  for (const reason of IGNORED_REASONS) ignored.inc({ reason }, 0);
  for (const cause of SESSION_ENDS) closed.inc({ cause }, 0);

  return {
    observe(telemetry) {
      telemetry.on('sessionOpened', () => {
        opened.inc();
        open.inc();
      });
      telemetry.on('sessionClosed', (cause) => {
        closed.inc({ cause });
        open.dec();
      });
      telemetry.on('callStarted', ({ tool }) => {
        started.inc({ tool });
        inFlight.inc({ tool });
        running.inc({ tool });
      });
      telemetry.on('callSettled', ({ tool, call: outcome, cause }) => {
        settled.inc({ tool, outcome, ...(cause && { cause }) });
        inFlight.dec({ tool });
      });
      telemetry.on('handlerEnded', ({ tool, cancelMs }) => {
        running.dec({ tool });
        if (cancelMs !== null) handlerEnd.observe({ tool }, cancelMs / 1000);
      });
      telemetry.on('exchangeEnded', (_call, cancelMs) => exchangeEnd.observe(cancelMs / 1000));
      telemetry.on('streamDropped', () => dropped.inc());
      telemetry.on('cancelReceived', (cancel) => {
        if (cancel.result === 'ignored') ignored.inc({ reason: cancel.why });
      });
    },
    contentType: registry.contentType,
    async read() {
      return (measured ? Registry.merge([registry, measured]) : registry).metrics();
    },
  };
}
