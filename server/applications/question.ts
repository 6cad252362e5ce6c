import { type CallToolResult, CreateMessageResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { type Caller, result, type ToolCall } from '../tools/tool.ts';
import type { Testimony } from '../witness.ts';

type Request = NonNullable<Caller['request']>;

/** What an agent asks the model of its client. An abort withdraws it: the client gets `notifications/cancelled`. */
export class Question {
  /** How it stands, in the agent's view of its client. */
  standing: 'outstanding' | 'withdrawn' | 'answered' | 'failed' = 'outstanding';

  readonly #request: Request;

  constructor(request: Request) {
    this.#request = request;
  }

  /** Asks, and waits for the answer. That a model gives none is an answer, too. */
  async ask(goal: string, call: ToolCall, seen: Testimony): Promise<CallToolResult> {
    call.defer(() => {
      seen.cleaned_up = true;
    });
    const text = `An agent works on this goal: ${goal}. What should it look at in its results?`;
    const params = {
      messages: [{ role: 'user' as const, content: { type: 'text' as const, text } }],
      maxTokens: 200,
    };
    try {
      const question = { method: 'sampling/createMessage' as const, params };
      const { content } = await this.#request(question, CreateMessageResultSchema, call.signal);
      this.standing = 'answered';
      seen.ticks = 1;
      seen.finished += 1;
      return result(content.type === 'text' ? content.text : `an answer of type ${content.type}`);
    } catch (error) {
      if (!call.cancelled) {
        this.standing = 'failed';
        return { isError: true, ...result((error as Error).message) };
      }
      this.standing = 'withdrawn';
      seen.cancelled += 1;
      throw error;
    }
  }
}
