import { describeEnd, isCancelled } from './call-end.ts';
import type { LessonEvent, Tell } from './events.ts';

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
  if (end.kind === 'silent')
    return `❌ Task ${id} was not ended: no response, and the exchange still open ${seconds(end.waitedMs)} after the cancel.`;
  if (cancelMs === null) return `❌ Task ${id} ended before it could be cancelled: ${describeEnd(end)}`;
  if (end.kind === 'closed')
    return end.status === 202
      ? `✅ Task ${id} is over: the server answered 202, without a response.`
      : `✅ Task ${id} is over: the server closed the stream without a response.`;
  if (isCancelled(end)) return `✅ Task ${id} was successfully cancelled by the server!`;
  return `❌ Task ${id} was not cancelled: ${describeEnd(end)}`;
}

function seconds(ms: number): string {
  const count = ms / 1000;
  return `${count} second${count === 1 ? '' : 's'}`;
}
