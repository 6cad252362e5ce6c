/**
 * CANCEL_REPLY=none: the answer of a call that its client cancelled does not leave the server.
 *
 * The call fails like any other, so that the SDK ends its stream and forgets it. Its answer carries a mark
 * that nobody outside can know, and by that mark it is dropped wherever answers leave: from a stream, from a JSON
 * body, from what is kept for a client that comes back.
 */

import { randomUUID } from 'node:crypto';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';

/** The message of an error that is not to be sent. */
export const MUTED = randomUUID();

export function isMuted(message: JSONRPCMessage): boolean {
  return 'error' in message && message.error.message === MUTED;
}

/** Of a stream; the SDK writes each message of a stream as one chunk. */
export function isMutedChunk(chunk: Uint8Array): boolean {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).includes(MUTED);
}

/** The body of a JSON response without the muted answers; empty if none is left. */
export function muteBody(body: string): string {
  if (!body.includes(MUTED)) return body;
  const answers: JSONRPCMessage[] = [JSON.parse(body)].flat().filter((answer) => !isMuted(answer));
  return answers.length ? JSON.stringify(answers) : '';
}
