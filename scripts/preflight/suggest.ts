/** A tool as `tools/list` describes it, as far as it can be trusted to be there. */
export interface Tool {
  name: string;
  description?: unknown;
  inputSchema?: unknown;
  annotations?: unknown;
}

interface Schema {
  type?: unknown;
  description?: unknown;
  default?: unknown;
  const?: unknown;
  enum?: unknown;
  examples?: unknown;
  minimum?: unknown;
  properties?: unknown;
  required?: unknown;
}

/** Arguments that lie deeper than this are for a person to fill in. */
const DEPTH = 10;

const LENGTHS: Array<[name: RegExp, placeholder: string]> = [
  [/^(key|call_?key)$/i, '$key'],
  [/interval|tick|pause|pace/i, '$intervalMs'],
  [/steps|count|iterations|chunks|repeat|times$/i, '$steps'],
  [/ms$|milli/i, '$milliseconds'],
  [/duration|seconds?|secs?$|delay|wait|sleep|length|time/i, '$seconds'],
];

/**
 * Makes arguments for a tool out of its own schema: what says how long a call takes becomes a placeholder, what
 * else it requires gets a value that the schema allows.
 * @returns a template for a variable such as `slowArguments`
 */
export function suggestArguments(tool: Tool): string {
  const { properties, required } = schemaOf(tool.inputSchema);
  const filled = Object.entries(objectOf(properties)).flatMap(([name, schema]) => {
    const placeholder = placeholderFor(name, schemaOf(schema));
    if (placeholder) return [[name, placeholder]];
    return listOf(required).includes(name) ? [[name, sample(schemaOf(schema))]] : [];
  });
  return JSON.stringify(Object.fromEntries(filled));
}

/** The tool that most looks as if one could say how long it takes; undefined where none does. */
export function suggestSlowTool(tools: Tool[]): Tool | undefined {
  const scored = tools.map((tool) => ({ tool, score: slowness(tool) }));
  const best = scored.reduce((most, { score }) => Math.max(most, score), 0);
  return best > 0 ? scored.find(({ score }) => score === best)?.tool : undefined;
}

/** `duration?, steps?`: what a tool takes, with a question mark where it may be left out. */
export function signature(tool: Tool): string {
  const { properties, required } = schemaOf(tool.inputSchema);
  return Object.keys(objectOf(properties))
    .map((name) => (listOf(required).includes(name) ? name : `${name}?`))
    .join(', ');
}

/** A placeholder for its length tells most; a name that sounds slow tells something. */
function slowness(tool: Tool): number {
  const adjustable = /\$(steps|intervalMs|seconds|milliseconds)/.test(suggestArguments(tool));
  const sounds = /slow|long|sleep|wait|delay/i;
  const told = [tool.name, tool.description].filter((text) => sounds.test(textOf(text))).length;
  const destructive = (objectOf(tool.annotations) as { destructiveHint?: unknown }).destructiveHint === true;
  return destructive ? 0 : (adjustable ? 2 : 0) + told;
}

function placeholderFor(name: string, schema: Schema): string | undefined {
  const numeric = ['number', 'integer'].some((type) => listOf(schema.type).includes(type));
  const found = LENGTHS.find(([pattern]) => pattern.test(name))?.[1];
  if (found === '$key') return listOf(schema.type).includes('string') ? found : undefined;
  if (!numeric) return undefined;
  return found === '$seconds' && /millisecond|\bms\b/i.test(textOf(schema.description))
    ? '$milliseconds'
    : found;
}

/** @param depth how many objects it may still lie within */
function sample(schema: Schema, depth = DEPTH): unknown {
  const given = [schema.default, schema.const, listOf(schema.examples)[0], listOf(schema.enum)[0]];
  const known = given.find((value) => value !== undefined);
  if (known !== undefined) return known;
  const [type] = listOf(schema.type);
  if (type === 'object') {
    const required = depth > 0 ? listOf(schema.required).map(textOf) : [];
    const properties = objectOf(schema.properties);
    return Object.fromEntries(required.map((name) => [name, sample(schemaOf(properties[name]), depth - 1)]));
  }
  if (type === 'number' || type === 'integer') return typeof schema.minimum === 'number' ? schema.minimum : 1;
  if (type === 'boolean') return false;
  if (type === 'array') return [];
  return type === 'null' ? null : 'text';
}

function schemaOf(value: unknown): Schema {
  return objectOf(value);
}

function objectOf(value: unknown): Record<string, unknown> {
  return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {};
}

/** What is there instead may not even have a text. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : value === undefined ? [] : [value];
}
