import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { nasty } from '../fixture.ts';
import { curl } from './curl.ts';
import { rawRequest, rawResponse } from './raw.ts';
import { call, exchange, frame } from './testing.ts';

const target = 'http://127.0.0.1:8000/mcp';

/** The words that a shell makes of a command. */
function words(command: string): string[] {
  const script = command.replace(/^curl/, `printf '%s\\0'`);
  const env = { SESSION_2: 'the session', MCP_AUTHORIZATION: 'Bearer "$(x)"' };
  return execFileSync('sh', ['-c', script], { env, encoding: 'utf8' }).split('\0').slice(0, -1);
}

describe('curl', () => {
  it('says the same to a server, whatever is in it', () => {
    const body = JSON.stringify({
      jsonrpc: '2.0',
      method: "it's",
      params: { nasty, cr: '\r', all: '`id` $(id) $HOME "\\"' },
    });
    const headers = {
      'Content-Type': 'application/json',
      Accept: '*/*',
      Origin: `http://'";$(id)\`id\``,
      Empty: '',
    };
    expect(words(curl(exchange('call', [0, 1], body, { headers }), target).command)).toEqual([
      ...['-N', '-i', '-X', 'POST', target],
      ...[
        '-H',
        'Content-Type: application/json',
        '-H',
        'Accept: */*',
        '-H',
        `Origin: http://'";$(id)\`id\``,
        '-H',
        'Empty;',
      ],
      ...['--data-raw', body],
    ]);
  });

  it('presses no key in a terminal', () => {
    const { command } = curl(exchange('call', [0, 1], '{"a":"\u0003\u007f\u009b\u202e"}'), target);
    expect(command).toContain(String.raw`{"a":"\u0003\u007f\u009b\u202e"}`);
  });

  it('names what is masked', () => {
    const headers = { 'mcp-session-id': 'session-2', Authorization: '***', 'X-Key': '***' };
    const { command, notes } = curl(exchange('end', [0, 1], null, { method: 'DELETE', headers }), target);
    expect(command.split(' \\\n  ')).toEqual([
      `curl -N -i -X DELETE ${target}`,
      '-H "mcp-session-id: $SESSION_2"',
      '-H "Authorization: $MCP_AUTHORIZATION"',
      `-H 'X-Key: ***'`,
      `-H 'Accept:'`,
    ]);
    expect(words(command)).toContain('mcp-session-id: the session');
    expect(words(command)).toContain('Authorization: Bearer "$(x)"');
    expect(notes).toHaveLength(3);
    expect(notes[0]).toContain('$SESSION_2 is the Mcp-Session-Id');
  });

  it('leaves the hang-up proxy out, and says so', () => {
    const one = call(1, [0, 1], { headers: { 'X-Hang-Up-After-Ms': '150' } });
    const { command, notes } = curl(one, 'http://[::1]:9000/mcp');
    expect(words(command).slice(0, 6)).toEqual(['-g', '-N', '-i', '-X', 'POST', 'http://[::1]:9000/mcp']);
    expect(command).not.toContain('Hang-Up');
    expect(notes.join()).toContain('went through the hang-up proxy');
  });
});

describe('raw text', () => {
  it('is what went over the wire, with the time of each frame', () => {
    const one = call(1, [0, 20], { frames: [frame(9.5, { id: 1, result: {} })], framesLeftOut: 4 });
    expect(rawRequest(one)).toBe(
      `POST ${target}\nMcp-Session-Id: session-1\n\n{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"slow"}}`,
    );
    expect(rawResponse(one)).toContain('200 OK\n');
    expect(rawResponse(one)).toContain(
      '[9.5 ms]\nevent: message\ndata: {"jsonrpc":"2.0","id":1,"result":{}}',
    );
    expect(rawResponse(one)).toContain('[4 frames are left out here]');
    expect(rawResponse({ ...one, response: null, failure: 'ECONNREFUSED' })).toBe(
      'no response: ECONNREFUSED',
    );
  });
});
