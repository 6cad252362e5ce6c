import { oneLine } from '../report/text.ts';
import type { Io } from '../runner/screen.ts';
import { REQUEST_CANCELLED } from './call-end.ts';
import type { Target } from './options.ts';
import { type Exchange, type Fate, type Message, RawSession } from './raw.ts';
import { Trace } from './trace.ts';

/** What was shown, in the last line on the screen. */
export interface Outcome {
  exitCode: number;
  summary: string;
}

/**
 * Opens a session, shows what is done in it, ends it, and prints what it came to.
 * @returns the exit code of the outcome
 * @throws Failure (3) where there is nothing to connect to
 */
export async function showRaw(
  target: Target,
  io: Io,
  act: (session: RawSession, trace: Trace) => Promise<Outcome>,
): Promise<number> {
  const trace = new Trace(io);
  const session = await RawSession.open(target, trace, io.signal);
  const { exitCode, summary } = await act(session, trace).finally(() => session.close());
  trace.summary(summary);
  return exitCode;
}

/** How a request ended. */
export interface Ending {
  /** In words. */
  text: string;
  /** Whether it ended as one does that was cancelled: by the error for it, or without any response. */
  cancelled: boolean;
}

/** What one request came to on an exchange that is over. */
export async function endingOf({ head, messages }: Exchange, id: number, fate: Fate): Promise<Ending> {
  const answer = messages.find((message) => message.id === id && isAnswer(message));
  if (answer?.error) {
    const { code, message } = answer.error;
    return { text: `error ${code} "${oneLine(message)}"`, cancelled: code === REQUEST_CANCELLED };
  }
  if (answer) return { text: 'a result', cancelled: false };
  if (fate !== 'ended') return { text: 'a broken connection', cancelled: false };
  const { statusCode } = await head;
  if (statusCode === 200) return { text: 'no response, and the stream was closed', cancelled: true };
  return { text: `no response, and HTTP status ${statusCode}`, cancelled: statusCode === 202 };
}

function isAnswer({ result, error }: Message): boolean {
  return result !== undefined || error !== undefined;
}
