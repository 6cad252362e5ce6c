import type { ConsoleEvent, NewmanRunExecution } from 'newman';

/** What the requests without a failure or a miss may take of a report, in characters. Each has an equal share. */
const ROOM = 600_000;
/** What the markup around headers, bodies and console lines takes, and that of one header. */
const FRAME = 3000;
const HEADER_FRAME = 70;

/** What a report says in place of what a request sent, received and logged. */
export interface LeftOut {
  /** Such as `23.1 kB`. */
  size: string;
  why: string;
  /** The case that has it in `index.html`. */
  id: string;
}

/**
 * Whether what a request sent, received and logged is left out of a report: it is, where no test failed or missed, and
 * it is longer than the request's share. Where one failed, or was skipped for a miss, it is what a reader came for.
 * @param requests how many the report has
 */
export function leftOut(
  execution: NewmanRunExecution,
  requests: number,
  logs: ConsoleEvent[] = [],
): LeftOut | undefined {
  if (!unremarkable(execution)) return undefined;
  const { request, response, item } = execution;
  const headers = [...(request?.headers.all() ?? []), ...(response?.headers.all() ?? [])];
  const texts = [
    ...headers.map(({ key, value }) => `${key}: ${value}`),
    request?.body?.raw ?? '',
    response?.text() ?? '',
    ...logs.map(({ messages }) => messages.join('')),
  ];
  const size = texts.reduce((sum, text) => sum + text.length, 0);
  if (FRAME + headers.length * HEADER_FRAME + size <= ROOM / requests) return undefined;
  return {
    size: `${(size / 1000).toFixed(1)} kB`,
    // Only a pass is a pass.
    why: execution.assertions.some(({ skipped }) => skipped)
      ? 'nothing here failed or was missed'
      : 'all of this passed',
    id: item.name.split(' ')[0] ?? '',
  };
}

/** Behind its title a skipped test has its verdict, of which three are no miss, and behind that what the target said. */
function unremarkable({
  assertions = [],
  requestError,
}: NewmanRunExecution & { requestError?: unknown }): boolean {
  return (
    !requestError &&
    assertions.length > 0 &&
    assertions.every(({ error, skipped, assertion }) =>
      skipped ? /^[^|]*\| (?:note|not observed|not applicable): /.test(assertion) : !error,
    )
  );
}
