import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { clip, oneLine } from '../report/text.ts';
import type { LessonEvent, Tell } from './events.ts';
import { REQUEST_CANCELLED } from './lesson.ts';

/** Tells events in the lesson's words. Each line is printed when what it says is true. */
export function lessonTeller(print: (line: string) => void): Tell {
  return (event) => {
    for (const line of linesOf(event)) print(line);
  };
}

function linesOf(event: LessonEvent): string[] {
  switch (event.event) {
    // Not before a server is there: without one, there is only the line that says how to start it.
    case 'connected':
      return ['🚀 Starting cancellable task demonstration...', '✅ Connected to MCP server.'];
    case 'initialized':
      return ['✅ Session initialized.'];
    case 'call':
      return [
        `📁 Starting long-running task '${event.tool}'...`,
        `   (Task with request ID ${event.id} will be cancelled in ${seconds(event.cancelAfterMs)})`,
      ];
    case 'cancel': {
      const why = event.afterMs === null ? 'Interrupted' : `Waited ${seconds(event.afterMs)}`;
      return [`⏹️ ${why}. Sending cancellation for request ${event.id}...`];
    }
    case 'end':
      return [endLine(event)];
    case 'interrupted':
      return ['⏹️ Interrupted.'];
    case 'finished':
      return event.exitCode === 0 ? ['', '🎉 Demo finished.'] : [];
    default:
      return [];
  }
}

function endLine({ id, end, cancelMs }: LessonEvent & { event: 'end' }): string {
  const task = `Task ${id}`;
  const early = cancelMs === null ? ' before it could be cancelled' : '';
  switch (end.kind) {
    case 'error': {
      if (end.code === REQUEST_CANCELLED && !early)
        return `✅ ${task} was successfully cancelled by the server!`;
      const { reason } = (end.data ?? {}) as { reason?: unknown };
      const why = typeof reason === 'string' ? ` (${reason})` : '';
      return `❌ ${task} ended${early} with error ${end.code}: ${shown(end.message + why)}`;
    }
    case 'closed':
      return end.status === 202
        ? `✅ ${task} is over: the server answered 202, without a response.`
        : `✅ ${task} is over: the server closed the stream without a response.`;
    case 'result':
      return `❌ ${task} ended${early} with a result: ${shown(textOf(end.result))}`;
    case 'refused':
      return `❌ ${task} was refused with HTTP status ${end.status}: ${shown(end.why)}`;
    case 'broken':
      return `❌ The connection of task ${id} broke${early}: ${shown(end.why)}`;
    case 'silent':
      return `❌ ${task} was not ended: no response, and the exchange still open ${seconds(end.waitedMs)} after the cancel.`;
  }
}

/** The text of a result, as far as it has one. */
export function textOf({ content }: CallToolResult): string {
  return content.map((part) => (part.type === 'text' ? part.text : `(${part.type})`)).join(' ');
}

const shown = (text: string) => clip(oneLine(text), 300);

function seconds(ms: number): string {
  const count = ms / 1000;
  return `${count} second${count === 1 ? '' : 's'}`;
}
