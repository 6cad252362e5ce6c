import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CollectionDefinition, Folder } from '../../collections/src/collection.ts';
import type { CaseDefinition } from '../../collections/src/lib/definition.ts';
import type { StepDefinition } from '../../collections/src/lib/step.ts';
import { suiteVersion } from '../suite-version.ts';
import { compileLibrary, loadCollections, SOURCES } from './compile.ts';
import { describe } from './description.ts';

const SCHEMA = 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json';

/** A saved response of a request, as `npm run record-examples` wrote it. */
export interface Example {
  name: string;
  /** What was sent, its variables filled in. */
  requestBody: string;
  status: string;
  code: number;
  header: Array<{ key: string; value: string }>;
  body: string;
}

/** The file of a built collection, relative to the project. */
export function collectionFile(name: string): string {
  return `collections/${name}.postman_collection.json`;
}

export function examplesFile(name: string): string {
  return join(SOURCES, 'examples', `${name}.json`);
}

/**
 * Builds every collection from its sources.
 * @returns what each collection's file has to hold, by the collection's name
 */
export async function buildCollections(): Promise<Map<string, string>> {
  const [library, definitions] = await Promise.all([compileLibrary(), loadCollections()]);
  const built = new Map<string, string>();
  for (const definition of definitions) {
    const examples = await readExamples(definition.name);
    const collection = toPostman(definition, library, suiteVersion(), examples);
    built.set(definition.name, `${JSON.stringify(collection, null, 2)}\n`);
  }
  return built;
}

async function readExamples(name: string): Promise<Record<string, Example[]>> {
  try {
    return JSON.parse(await readFile(examplesFile(name), 'utf8'));
  } catch (error) {
    // A collection that is new has none yet; the linter asks for them.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

/** A collection in Postman's format 2.1.0; the same sources always give the same text. */
export function toPostman(
  definition: CollectionDefinition,
  library: string,
  version: string,
  examples: Record<string, Example[]>,
) {
  const { revisions = [], variables = {}, tools } = definition;
  const ids = definition.folders.flatMap(({ cases, steps = [] }) => [...cases, ...steps].map(({ id }) => id));
  return {
    info: {
      _postman_id: stableUuid(definition.name),
      name: definition.title,
      description: `mcp-cancellation-suite ${version}\n\n${definition.description}`,
      version,
      schema: SCHEMA,
    },
    item: definition.folders.map((folder) => toFolder(folder, examples)),
    event: [script('prerequest', library)],
    variable: [
      { key: 'cases', value: ids.join(' '), type: 'string' },
      { key: 'portable', value: String(definition.portable), type: 'string' },
      ...(tools ? [{ key: 'tools', value: tools, type: 'string' }] : []),
      { key: 'trace', value: definition.trace, type: 'string' },
      ...Object.entries(variables).map(([key, value]) => ({ key, value, type: 'string' })),
      ...(revisions.length > 0 ? [{ key: 'revisions', value: revisions.join(' '), type: 'string' }] : []),
    ],
  };
}

function toFolder(folder: Folder, examples: Record<string, Example[]>) {
  const { name, description, cases, steps = [] } = folder;
  return {
    name,
    description,
    item: [...cases.map(caseItem), ...steps.map(stepItem)].map((one) => toItem(one, examples[one.id] ?? [])),
  };
}

/** What becomes one request of Postman. */
interface Item {
  id: string;
  name: string;
  description: string;
  method: string;
  /** Beside those that every request has. */
  headers: Record<string, string>;
  body: string | undefined;
  /** The calls of the library that are its scripts. */
  prerequest: string;
  test: string;
}

function caseItem(definition: CaseDefinition): Item {
  const { id, session = 'ready', capabilities = {}, checks, body } = definition;
  const header = { id, session, capabilities, checks };
  return {
    id,
    name: definition.name,
    description: describe(definition),
    method: 'POST',
    headers: {},
    body: body ? JSON.stringify(body, null, 2) : '{{evidenceRequest}}',
    prerequest: `before(${JSON.stringify(header, null, 4)}, ${sourceOf(definition.before)})`,
    test: `after(${sourceOf(definition.after)})`,
  };
}

function stepItem(step: StepDefinition): Item {
  const { id, name, method, body, checks, inSession } = step;
  const header = JSON.stringify({ id, checks, inSession }, null, 4);
  return {
    ...{ id, name, method, body, description: describe(step) },
    headers: inSession ? { 'Mcp-Session-Id': '{{sessionId}}', 'MCP-Protocol-Version': '{{revision}}' } : {},
    prerequest: `prepare(${sourceOf(step.before)})`,
    test: `conclude(${header}, ${sourceOf(step.after)})`,
  };
}

function toItem(
  { id, name, description, method, headers, body, prerequest, test }: Item,
  examples: Example[],
) {
  const bind = 'const suite = mcp(pm, setTimeout, clearTimeout);';
  const common = { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' };
  const request = (raw: string | undefined) => ({
    method,
    header: Object.entries({ ...common, ...headers }).map(([key, value]) => ({ key, value })),
    ...(raw && { body: { mode: 'raw', raw, options: { raw: { language: 'json' } } } }),
    url: { raw: '{{mcpUrl}}', host: ['{{mcpUrl}}'] },
  });
  return {
    name: `${id} ${name}`,
    event: [
      script('prerequest', `${bind}\n\nsuite.${prerequest};`),
      script('test', `${bind}\n\nsuite.${test};`),
    ],
    request: { ...request(body), description },
    response: examples.map(({ requestBody, ...example }) => ({
      name: example.name,
      originalRequest: request(requestBody),
      status: example.status,
      code: example.code,
      _postman_previewlanguage: example.body.startsWith('{') ? 'json' : 'text',
      header: example.header,
      cookie: [],
      body: example.body,
    })),
  };
}

function script(listen: 'prerequest' | 'test', source: string) {
  return { listen, script: { type: 'text/javascript', exec: source.trimEnd().split('\n') } };
}

/** A function's source, moved to the left margin. */
// biome-ignore lint/complexity/noBannedTypes: any function's text is wanted, whatever its parameters
function sourceOf(body: Function): string {
  const lines = body.toString().split('\n');
  const margin = /^ */.exec(lines.at(-1) ?? '')?.[0].length ?? 0;
  return lines
    .map((line, i) => (i === 0 ? line : line.slice(Math.min(margin, line.search(/\S|$/)))))
    .join('\n');
}

/** Constant for a name, so that importing a newer version replaces the older one. */
function stableUuid(name: string): string {
  const hex = createHash('sha256').update(`mcp-cancellation-suite/${name}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
