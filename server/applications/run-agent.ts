import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import { type CallRecord, defineTool, result, type Tool } from '../tools/tool.ts';
import type { Witness } from '../witness.ts';
import { Branches } from './branches.ts';
import type { Evidence, Finding } from './evidence.ts';
import { Question } from './question.ts';
import { Slots } from './slots.ts';

/** How many agents may run at the same time. */
const MAX_RUNNING = 8;

/** A tick is a thousandth of the whole. */
const TICKS = 1000;

/** What each tool is asked for by an agent that makes so much of an effort, 1 to 1000. */
const PLAN = {
  query_database: (effort: number) => ({ query: 'closest_pairs', rows: effort * 8 }),
  train_model: (effort: number) => ({ epochs: effort * 10 }),
  call_api: (effort: number) => ({ api: 'slow', seconds: Math.ceil(effort * 0.6) }),
  process_batch: (effort: number) => ({ items: effort * 10 }),
} as const;

type ToolName = keyof typeof PLAN;
const NAMES = Object.keys(PLAN) as [ToolName, ...ToolName[]];

/** A call that makes calls, and asks a question meanwhile: all of it ends with the one signal of the first. */
export const runAgent = (tools: readonly Tool[], witness: Witness, evidence: Evidence) => {
  const slots = new Slots(MAX_RUNNING, 'agents');
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  return defineTool({
    name: 'run_agent',
    title: 'Run an agent',
    description:
      'Calls several of the other tools at the same time, each for minutes, and asks the model of the client for advice meanwhile, if the client offers sampling. Can be cancelled, with all that it has begun.',
    input: z.strictObject({
      goal: z.string().min(1).max(500).describe('what it is all for; the model is told'),
      tools: z.array(z.enum(NAMES)).min(1).max(NAMES.length).default(NAMES).describe('which tools'),
      effort: z.int().min(1).max(1000).default(1000).describe('how much of their work, in thousandths'),
      // Shorter than others, as those of its branches have more behind it.
      key: z
        .string()
        .min(1)
        .max(150)
        .optional()
        .describe(
          'by which `state` and `inspect` tell of this call; its branches have `key/tool`, and its question `key/question` for `state`',
        ),
    }),
    output: z.object({
      goal: z.string(),
      steps: z.array(
        z.object({ tool: z.string(), outcome: z.enum(['completed', 'failed']), told: z.string() }),
      ),
      advice: z.string().nullable(),
    }),
    annotations: { readOnlyHint: false, destructiveHint: false, openWorldHint: false },

    async handler({ goal, tools, effort, key }, call, caller) {
      slots.take(call);
      const seen = witness.open(key, call.record, TICKS);
      call.defer(() => {
        seen.cleaned_up = true;
      });
      const plan = NAMES.filter((name) => tools.includes(name));
      const keyOf = (name: string) => (key === undefined ? {} : { key: `${key}/${name}` });
      const { request, capabilities } = caller;
      const question = request && capabilities.sampling ? new Question(request) : undefined;
      // Of an earlier call with the same key, what its branches did is not this one's.
      for (const name of NAMES) evidence.forget(keyOf(name).key);
      evidence.put(key, async () => {
        const found = await Promise.all(plan.map((name) => evidence.inspect(`${key}/${name}`)));
        return summary(found, question?.standing ?? 'none', call.record);
      });

      const branches = new Branches(call, (share) => {
        seen.ticks = Math.floor(share * TICKS);
        call.progress(seen.ticks, TICKS, `${plan.join(', ')} at work`);
      });
      call.log('info', `Plan for ${goal}: ${plan.join(', ')}`);
      const asked =
        question &&
        branches.start('question', (own) =>
          question.ask(goal, own, witness.open(keyOf('question').key, own.record, 1)),
        );
      const steps = plan.map(async (name) => {
        const tool = byName.get(name);
        if (!tool) throw new Error(`the agent has no ${name}`);
        const args = tool.input.parse({ ...PLAN[name](effort), ...keyOf(name) });
        const answer = await branches.start(name, (own) => tool.handler(args, own, caller));
        return { tool: name, outcome: answer.isError ? 'failed' : 'completed', told: textOf(answer) };
      });
      try {
        const [advice, ...done] = await Promise.all([asked, ...steps]);
        seen.ticks = TICKS;
        seen.finished += 1;
        return result(`${done.length} steps`, {
          goal,
          steps: done,
          advice: advice && !advice.isError ? textOf(advice) : null,
        });
      } catch (error) {
        // Nothing that was begun here outlives this call.
        branches.cancel('another branch has failed');
        await branches.idle();
        if (call.cancelled) seen.cancelled += 1;
        throw error;
      }
    },
  });
};

function textOf({ content }: CallToolResult): string {
  return content[0]?.type === 'text' ? content[0].text : '';
}

/** What the resources of all branches tell, as one. Where every branch was refused there are none to tell. */
function summary(all: (Finding | undefined)[], question: string, { handler }: Readonly<CallRecord>): Finding {
  const found = all.filter((each) => each !== undefined);
  const nothing = handler === 'running' ? 'running' : 'failed';
  const any = (work: Finding['work']) => found.some((each) => each.work === work);
  const work = (['running', 'failed', 'stopped'] as const).find(any) ?? (found.length ? 'finished' : nothing);
  const stops = found.map(({ stop_ms }) => stop_ms).filter((ms) => ms !== null);
  return {
    tool: 'run_agent',
    resource: 'the resources of its branches',
    work,
    told: found.map(({ tool, work, told }) => `${tool} ${work}: ${told}`).join('; ') || 'nothing was begun',
    stop_ms: work === 'running' || !stops.length ? null : Math.max(...stops),
    left: found.reduce((sum, { left }) => sum + left, 0),
    facts: { branches: found.map(({ tool }) => tool).join(' '), question },
  };
}
