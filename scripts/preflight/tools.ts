import { describeReply } from '../../collections/src/lib/handshake.ts';
import { request, responsesTo } from '../../collections/src/lib/jsonrpc.ts';
import type { SessionState } from '../../collections/src/lib/session.ts';
import type { Settings, ToolRole } from '../../collections/src/lib/settings.ts';
import { clip, oneLine } from '../report/text.ts';
import { Failure, usage } from '../runner/failure.ts';
import type { Endpoint } from './endpoint.ts';
import { signature, suggestArguments, suggestSlowTool, type Tool } from './suggest.ts';

/** A list in more pages than this is a server that repeats itself. */
const PAGES = 100;

/** More tools than this tell nobody anything. */
const SHOWN = 50;

/** @throws Failure (3) where the target does not list its tools */
export async function listTools(endpoint: Endpoint, state: SessionState): Promise<Tool[]> {
  const tools: Tool[] = [];
  let cursor: string | undefined;
  for (let page = 1; page <= PAGES; page++) {
    const reply = await endpoint.post(request(page, 'tools/list', cursor ? { cursor } : {}), state);
    const result = responsesTo(page, reply.messages)[0]?.result as
      | { tools?: Array<Tool | null>; nextCursor?: string }
      | undefined;
    if (!Array.isArray(result?.tools))
      throw new Failure(3, `${endpoint.url} does not list its tools: ${describeReply(reply)}`);
    for (const tool of result.tools) if (tool && typeof tool.name === 'string' && tool.name) tools.push(tool);
    cursor = result.nextCursor;
    if (!cursor) break;
  }
  return tools;
}

/** @throws Failure (2) where a variable names no tool that there is, or no slow tool is named */
export function checkTools({ tools }: Settings, offered: Tool[]): void {
  const left = offered.length - SHOWN;
  const more = left > 0 ? [`and ${left} more`] : [];
  const shown = offered.slice(0, SHOWN);
  const names = [...shown.map((tool) => clip(tool.name, 60)), ...more].join(', ') || 'none';
  if (!tools.slow) {
    // A name that cannot be shown as it is cannot be copied either.
    const slow = suggestSlowTool(offered.filter(({ name }) => oneLine(name) === name));
    const state = offered.find((tool) => tool.name === 'state' && signature(tool) === 'key');
    throw usage(
      'no slow tool is named: set the variables slowTool and slowArguments to one of its tools that takes long',
      [
        offered.length > 0 ? 'It has these tools:' : 'It has no tools.',
        ...shown.map(describeTool),
        ...more.map((line) => `  ${line}`),
        '',
        ...(slow
          ? ['Add, for example:', `  ${variables('slow', slow)}${state ? ' --env-var stateTool=state' : ''}`]
          : [
              'None of them looks as if one could say how long it takes.',
              'collections/README.md has one to paste, under "A witness in your own server".',
            ]),
      ],
    );
  }
  for (const [role, name] of Object.entries(tools))
    if (name && !offered.some((tool) => tool.name === name))
      throw usage(
        `the variable ${role}Tool is "${name}", which the target does not list; its tools: ${names}`,
      );
}

/** `--env-var slowTool=long_job --env-var 'slowArguments={"duration":"$seconds"}'`. */
export function variables(role: ToolRole, tool: Tool): string {
  const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
  const name = /^[\w./-]+$/.test(tool.name) ? `${role}Tool=${tool.name}` : quote(`${role}Tool=${tool.name}`);
  return oneLine(`--env-var ${name} --env-var ${quote(`${role}Arguments=${suggestArguments(tool)}`)}`);
}

function describeTool(tool: Tool): string {
  const told = typeof tool.description === 'string' ? clip(oneLine(tool.description), 60) : '';
  return `  ${clip(oneLine(tool.name), 60)}(${clip(oneLine(signature(tool)), 60)})${told && `  ${told}`}`;
}
