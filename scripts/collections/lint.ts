import { Script } from 'node:vm';

/** The keys that Postman's format has and that we write; a typo in a key is otherwise silently ignored. */
const KEYS = {
  collection: ['info', 'item', 'event', 'variable'],
  info: ['_postman_id', 'name', 'description', 'version', 'schema'],
  folder: ['name', 'description', 'item'],
  item: ['name', 'event', 'request', 'response'],
  event: ['listen', 'script'],
  script: ['type', 'exec'],
  request: ['method', 'header', 'body', 'url', 'description'],
  response: [
    'name',
    'originalRequest',
    'status',
    'code',
    '_postman_previewlanguage',
    'header',
    'cookie',
    'body',
  ],
  variable: ['key', 'value', 'type'],
};

interface Node {
  name?: string;
  description?: string;
  item?: Node[];
  event?: Array<{ listen: string; script: { exec: string[] } }>;
  request?: { description?: string };
  response?: object[];
}

/**
 * What is wrong with a built collection, beyond what Postman's own schema can see: above all, everything
 * that Newman would run without asserting anything and report as success.
 * @param collection a collection in format 2.1.0, parsed
 * @returns one line for each problem; empty where there is none
 */
export function lintCollection(collection: object): string[] {
  const problems: string[] = [];
  const names = new Set<string>();
  const keys = (kind: keyof typeof KEYS, value: object, where: string) => {
    for (const key of Object.keys(value))
      if (!KEYS[kind].includes(key)) problems.push(`${where}: unknown key ${key} (in: ${kind})`);
  };

  function scripts(node: Node, where: string): void {
    for (const event of node.event ?? []) {
      keys('event', event, where);
      keys('script', event.script, where);
      problems.push(
        ...lintScript(event.script.exec.join('\n')).map(
          (problem) => `${where}, ${event.listen} script: ${problem}`,
        ),
      );
    }
  }

  function walk(node: Node, parents: string): void {
    const where = `${parents}${node.name ?? '(no name)'}`;
    if (!node.name) problems.push(`${where}: has no name`);
    else if (names.has(node.name))
      problems.push(`${where}: the name stands twice, and Newman would run only one of them`);
    names.add(node.name ?? '');
    scripts(node, where);
    if (node.item) {
      keys('folder', node, where);
      if (!node.description) problems.push(`${where}: has no description`);
      for (const child of node.item) walk(child, `${where} / `);
      return;
    }
    keys('item', node, where);
    keys('request', node.request ?? {}, where);
    for (const response of node.response ?? []) keys('response', response, where);
    if (!node.request?.description) problems.push(`${where}: has no description`);
    if (!node.response?.length) problems.push(`${where}: has no saved example; run npm run record-examples`);
    for (const listen of ['prerequest', 'test']) {
      const source = node.event?.find((event) => event.listen === listen)?.script.exec ?? [];
      if (source.length === 0) problems.push(`${where}: has no ${listen} script`);
      else if (!/^const suite = mcp\(pm, setTimeout, clearTimeout\);$/.test(source[0] ?? ''))
        problems.push(
          `${where}, ${listen} script: does not bind the library in its first line, so nothing would be asserted`,
        );
    }
  }

  const root = collection as Node & {
    info: object & { version?: string; description?: string };
    variable?: Array<{ key: string; value: string }>;
  };
  keys('collection', root, 'collection');
  keys('info', root.info, 'info');
  for (const variable of root.variable ?? []) keys('variable', variable, 'variable');
  scripts(root, 'collection');
  for (const node of root.item ?? []) walk(node, '');

  const declared = (root.variable?.find((variable) => variable.key === 'cases')?.value ?? '')
    .split(' ')
    .sort();
  const present = caseIds(root).sort();
  if (declared.join(' ') !== present.join(' '))
    problems.push(`the variable cases declares ${declared.join(' ')}, the requests are ${present.join(' ')}`);
  if (!root.info.description?.startsWith(`mcp-cancellation-suite ${root.info.version}\n`))
    problems.push('info.description does not begin with the suite and its version');
  return problems;
}

function caseIds(node: Node): string[] {
  return node.item ? node.item.flatMap(caseIds) : [(node.name ?? '').split(' ')[0] ?? ''];
}

function lintScript(source: string): string[] {
  const problems: string[] = [];
  if (/\bpm\.test\s*\([^;]*?,\s*async\b/.test(source))
    problems.push('pm.test with an async function passes whatever the function does');
  if (/\bpm\.execution\.skipRequest\b/.test(source))
    problems.push(
      'pm.execution.skipRequest is undone by any other run that Newman starts in the same process',
    );
  if (/\.(map|flatMap|filter|forEach)\s*\(\s*async\b/.test(source))
    problems.push(
      "Newman's sandbox never runs an async function that is handed to map; call it from another one",
    );
  try {
    new Script(source);
  } catch (error) {
    const { message } = error as Error;
    problems.push(
      /await/.test(message)
        ? 'await at the top level is a syntax error in Newman 6'
        : `does not parse: ${message}`,
    );
  }
  return problems;
}
