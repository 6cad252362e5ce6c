import type { CaseRecord } from './record.ts';
import type { Pm } from './sandbox.ts';

const TEMPLATE = `
<style>
  body { font: 14px/1.5 system-ui, sans-serif; margin: 16px; }
  table { border-collapse: collapse; width: 100%; margin: 12px 0; }
  th, td { text-align: left; vertical-align: top; padding: 6px 10px; border-bottom: 1px solid #8886; }
  pre { overflow-x: auto; padding: 10px; border: 1px solid #8886; border-radius: 4px; }
</style>
<h3>{{title}}: {{verdict}}</h3>
<p>{{#if fate}}The cancelled call's exchange: <b>{{fate}}</b>{{#if timed}}, {{cancelMs}} ms after the cancel was sent{{/if}}. Evidence that its handler stopped: <b>{{evidence}}</b>.{{/if}}</p>
<table>
  <tr><th>Check</th><th>Verdict</th><th>Expected</th><th>Seen</th></tr>
  {{#each checks}}<tr><td><a href="{{spec}}">{{title}}</a></td><td>{{verdict}}</td><td>{{expected}}</td><td>{{observed}}</td></tr>{{/each}}
</table>
<p>Every request and every SSE frame, in milliseconds since the case began. Postman hands a stream to a script only when it has ended, so its frames carry the time of that end.</p>
<pre>{{transcript}}</pre>`;

/** Shows the case in the Visualize tab of the Postman app; other runners ignore it. */
export function showInPostman(pm: Pm, record: CaseRecord): void {
  pm.visualizer.set(TEMPLATE, { ...record, timed: record.cancelMs !== null });
}
