/** What a client could send that no client should: for properties.test.ts. JSON is made as text, where more can be wrong. */

import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import fc, { type Arbitrary } from 'fast-check';

/** What an arbitrary message may know of calls that are not its sender's. */
export const FOREIGN_IDS = ['canary', 7, 0, ''] as const;

const ODD_STRINGS = [
  ...['', ' ', '\0', '\ud800', 'x\udc00', '\u2028', '\ufeff', '7', '0', 'null', '%ff', '../..'],
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then'],
  ...['id: x\ndata: {}\n\n', 'x\r\n\r\n', '"}]}', 'a'.repeat(5000)],
];
const string = fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), fc.constantFrom(...ODD_STRINGS));
/** None of them is a number of ticks that would take long. */
const number = fc.constantFrom('0', '-0', '1', '7', '-1', '1.5', '1e400', '1e21', '9007199254740993');

/** The text of any JSON value. */
const { json } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom('null', 'true', 'false', '{}', '[]'),
    number,
    string.map(quote),
    fc.array(tie('json'), { maxLength: 4 }).map((items) => `[${items}]`),
    fc.array(fc.tuple(string, tie('json')), { maxLength: 4 }).map(object),
  ),
}));

/** The one as a rule, the other now and then: a message of many parts is still good most of the time. */
function mostly<T>(good: Arbitrary<T>, odd: Arbitrary<T>): Arbitrary<T> {
  return fc.oneof({ weight: 30, arbitrary: good }, { weight: 1, arbitrary: odd });
}
const some = (...values: unknown[]) => mostly(fc.constantFrom(...values.map(quote)), json);

/** An object that has these fields as a rule; now and then one is missing, stands there twice, or is beside others. */
function fields(good: Record<string, Arbitrary<string>>, never: 'missing' | null = null): Arbitrary<string> {
  const entries = Object.entries(good).map(([name, value]) =>
    fc.tuple(fc.constant(name), value).chain((entry) => {
      const odd = fc.constantFrom<[string, string][]>(...(never ? [] : [[]]), [entry, entry]);
      return mostly(fc.constant<[string, string][]>([entry]), odd);
    }),
  );
  const more = mostly(
    fc.constant<[string, string][]>([]),
    fc.array(fc.tuple(string, json), { maxLength: 2 }),
  );
  return fc.tuple(...entries, more).map((parts) => object(parts.flat() as [string, string][]));
}

const id = mostly(
  some('a', 1, 2, '1', '__proto__', 'i'.repeat(900), ...FOREIGN_IDS),
  some(-0, null, 1.5, true, 'i'.repeat(2000)),
);
const ticks = mostly(some(1, 2, 3), some(0, -1, '1'));
const key = fc.oneof(
  { weight: 9, arbitrary: fc.nat(9).map((n) => quote(`k${n}`)) },
  { weight: 1, arbitrary: string.map(quote) },
);
const meta = fields({ progressToken: some('a', 1, 0, '') });
const paced = fields({ key, steps: ticks, interval_ms: ticks });
const asText = fields({
  key,
  steps: mostly(some('1', '2'), some('x')),
  interval_ms: mostly(some('1', '2'), some('')),
});
// Both are always there, as the defaults would take ten seconds.
const file = fields(
  { filename: some('dataset.csv', '../x', '.', '\0'), processing_time: ticks, tick_ms: some(10, 0) },
  'missing',
);
const tool = (name: unknown, args: Arbitrary<string>) =>
  fields({ name: fc.constant(quote(name)), arguments: args, _meta: meta });
const uris = [
  'slow://k1?steps=1&interval_ms=1',
  'slow://%ff?steps=1',
  'slow://k?__proto__=1',
  'slow://',
  'x',
];

const METHODS: Record<string, Arbitrary<string>> = {
  'tools/call': fc.oneof(
    ...['slow', 'stubborn', 'poll', '__proto__', 7].map((name) => tool(name, paced)),
    tool('process_large_file', file),
    tool('quick', fields({ text: string.map(quote) })),
    tool('state', fields({ key })),
    tool('ask', fields({ key })),
    tool('list_calls', fields({})),
  ),
  'prompts/get': fields({ name: some('slow_prompt', 'x'), arguments: asText, _meta: meta }),
  'resources/read': fields({ uri: some(...uris), _meta: meta }),
  'completion/complete': fields({
    ref: fields({ type: some('ref/prompt', 'ref/resource'), name: some('slow_prompt'), uri: some(...uris) }),
    argument: fields({ name: some('key'), value: string.map(quote) }),
    context: fields({ arguments: asText }),
  }),
  'notifications/cancelled': fields({ requestId: id, reason: mostly(string.map(quote), json) }),
  '$/cancelRequest': fields({ id }),
  'notifications/progress': fields({ progressToken: id, progress: number }),
  'logging/setLevel': fields({ level: some('debug', 'error', 'loud') }),
  'tools/list': fields({ cursor: some('x') }),
  'prompts/list': fields({}),
  'resources/list': fields({}),
  'resources/templates/list': fields({}),
  'resources/subscribe': fields({ uri: some(...uris) }),
  'notifications/initialized': fields({}),
  ping: fields({ _meta: meta }),
  'no/such': json,
  initialize: fc.constant(
    '{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"x","version":"1"}}',
  ),
};

const jsonrpc = mostly(fc.constant(quote('2.0')), some('1.0', 2));
const request = fc
  .constantFrom(...Object.entries(METHODS))
  .chain(([method, params]) => fields({ jsonrpc, id, method: fc.constant(quote(method)), params }));
const notification = fc
  .constantFrom(...Object.entries(METHODS))
  .chain(([method, params]) => fields({ jsonrpc, method: fc.constant(quote(method)), params }));
const answer = fc.oneof(
  fields({ jsonrpc, id, result: json }),
  fields({ jsonrpc, id, error: fields({ code: number, message: some('x'), data: json }) }),
);
const message = fc.oneof(
  { weight: 5, arbitrary: request },
  { weight: 2, arbitrary: notification },
  { weight: 1, arbitrary: answer },
);
const batch = fc.array(mostly(message, json), {
  maxLength: 6,
});

/** A text that something has happened to. */
const spoilt = fc
  .tuple(message, fc.nat(), fc.constantFrom('', '"', '{', ']', '\\', '\0', '\ud800', ','))
  .map(([text, at, put]) => {
    const place = at % (text.length + 1);
    return text.slice(0, place) + put + text.slice(place + (at % 3));
  });

/** Deeper than any recursion bears, in the place of a whole message, of its id and of its arguments. */
const deep = fc
  .tuple(fc.constantFrom(50, 5000, 25_000), fc.constantFrom('[', '{"a":'))
  .chain(([depth, open]) => {
    const nested = open.repeat(depth) + (open === '[' ? ']' : '1}').repeat(depth);
    return fc.constantFrom(
      nested,
      `{"jsonrpc":"2.0","id":${nested},"method":"ping"}`,
      `{"jsonrpc":"2.0","id":1,"method":"ping","params":${nested}}`,
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"quick","arguments":${nested}}}`,
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"slow","_meta":{"progressToken":${nested}}}}`,
      `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${nested},"reason":${nested}}}`,
    );
  });

/** As many bytes as are allowed, and one more or less. */
const huge = (limit: number) =>
  fc
    .tuple(fc.integer({ min: limit - 1, max: limit + 1 }), fc.constantFrom('id', 'text', 'reason', 'key'))
    .map(([size, where]) => {
      const wrap = (text: string) =>
        ({
          id: `{"jsonrpc":"2.0","id":"${text}","method":"ping"}`,
          text: `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"quick","arguments":{"text":"${text}"}}}`,
          reason: `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1,"reason":"${text}"}}`,
          key: `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"${text}":1}}`,
        })[where as 'id'];
      return wrap('x'.repeat(size - wrap('').length));
    });

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((some) => Buffer.from(some)),
  fc.tuple(message, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 4 })).map(([text, at, put]) => {
    const whole = Buffer.from(text);
    const place = at % (whole.length + 1);
    return Buffer.concat([whole.subarray(0, place), put, whole.subarray(place)]);
  }),
  message.map((text) => Buffer.from(`\ufeff${text}`)),
  message.map((text) => Buffer.from(text, 'utf16le')),
);

/** The body of a POST, as it goes out. */
export const body = (limit: number): Arbitrary<Buffer> =>
  fc.oneof(
    { weight: 50, arbitrary: message.map((text) => Buffer.from(text)) },
    { weight: 15, arbitrary: batch.map((texts) => Buffer.from(`[${texts}]`)) },
    { weight: 8, arbitrary: json.map((text) => Buffer.from(text)) },
    { weight: 8, arbitrary: spoilt.map((text) => Buffer.from(text)) },
    { weight: 5, arbitrary: bytes },
    { weight: 2, arbitrary: deep.map((text) => Buffer.from(text)) },
    { weight: 1, arbitrary: huge(limit).map((text) => Buffer.from(text)) },
  );

/** A request that would open a session, if nothing is wrong with it. */
export const opening = fields({
  jsonrpc,
  id,
  method: some('initialize'),
  params: fields({
    protocolVersion: some('2025-11-25', '2025-03-26', '2024-11-05', '2026-07-28', ''),
    capabilities: fields({ sampling: some({}), ['__proto__']: json }),
    clientInfo: fields({ name: some('x', ''), version: some('1'), icons: some([]) }),
  }),
});

/** What a header can hold: Latin-1 without control characters. */
const latin1 = fc
  .array(fc.oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.integer({ min: 0x80, max: 0xff })), {
    maxLength: 30,
  })
  .map((codes) => String.fromCharCode(...codes).trim());
/** A good value most of the time, as one bad header is enough to hide what the others would do. */
const header = (good: string | undefined, ...odd: string[]) =>
  fc.oneof(
    { weight: 15, arbitrary: fc.constant(good) },
    { weight: 2, arbitrary: fc.constantFrom(...odd) },
    { weight: 1, arbitrary: latin1 },
  );

/** Something close to a text: a character more, less or other, in other case, twice, a part of it. */
export const near = (text: string): Arbitrary<string> =>
  fc
    .tuple(fc.nat(text.length), fc.constantFrom('', '0', 'a', 'Z', '.', ',', '%', '\xff'))
    .chain(([at, put]) =>
      fc.constantFrom(
        text.slice(0, at) + put + text.slice(at),
        text.slice(0, at) + put + text.slice(at + 1),
        text.slice(0, at),
        text.toUpperCase(),
        `${text}, ${text}`,
        `${text}${put}`,
      ),
    );

/** What a body is encoded with, and what its header says. */
const ENCODERS: Record<string, (plain: Buffer) => Buffer> = {
  gzip: gzipSync,
  deflate: deflateSync,
  br: brotliCompressSync,
  identity: (plain) => plain,
  cut: (plain) => gzipSync(plain).subarray(0, -9),
};
export const encoding = fc
  .record({
    says: header(undefined, 'zstd', 'gzip, gzip', '', ...Object.keys(ENCODERS)),
    is: fc.constantFrom(...Object.keys(ENCODERS)),
  })
  .map(({ says, is }) => ({
    says,
    encode: (plain: Buffer) => ENCODERS[says === undefined ? 'identity' : is]?.(plain) ?? plain,
  }));

/** Headers around a good message; those that are undefined are not sent. */
export const headers = (session: string) =>
  fc.record({
    accept: header('application/json, text/event-stream', '*/*', 'text/event-stream', 'application/json', ''),
    'content-type': header(
      'application/json',
      ...[
        'APPLICATION/JSON; charset=utf-8',
        'application/json; charset=utf-16',
        'application/json; charset=x',
      ],
      ...['application/json;', 'text/plain', 'multipart/form-data; boundary=x', ''],
    ),
    'mcp-session-id': fc.oneof(
      { weight: 5, arbitrary: fc.constant(session) },
      { weight: 1, arbitrary: near(session) },
      { weight: 1, arbitrary: header('__proto__', 'undefined', '') },
    ),
    'mcp-protocol-version': header('2025-11-25', '2025-03-26', '2024-11-05', '2026-07-28', '__proto__', ''),
    'last-event-id': header(undefined, 'x', '__proto__', ''),
    origin: header(undefined, 'http://localhost:1', 'https://evil.example', 'null', '://'),
    host: header(undefined, 'localhost', '127.0.0.1:1', 'evil.example', '[::1]', 'localhost:x'),
    authorization: header(undefined, 'Bearer x', 'Basic eDp4'),
    cookie: header(undefined, 'a=b'),
  });

function quote(value: unknown): string {
  return Object.is(value, -0) ? '-0' : JSON.stringify(value);
}

function object(entries: [string, string][]): string {
  return `{${entries.map(([name, value]) => `${quote(name)}:${value}`)}}`;
}
