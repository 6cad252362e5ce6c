/** For tests: what /metrics says, read as Prometheus reads it. */

import { request } from 'undici';

export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** A text in the format of Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format). */
export class Scrape {
  readonly samples: Sample[] = [];
  /** The type of each metric, by its name. */
  readonly types = new Map<string, string>();
  readonly #helps = new Set<string>();

  /** @throws Error for a line that is none of this format, a series that is there twice, or a metric without a type or a help */
  constructor(text: string) {
    if (!text.endsWith('\n')) throw new Error('The last line has no end');
    for (const line of text.split('\n')) this.#read(line);
    const series = this.samples.map(seriesOf);
    const twice = series.find((each, index) => series.indexOf(each) !== index);
    if (twice) throw new Error(`There twice: ${twice}`);
  }

  /** Every series: the name with its labels. */
  get series(): string[] {
    return this.samples.map(seriesOf).sort();
  }

  /** The samples of this name that have these labels, whatever others they have. */
  find(name: string, labels: Record<string, string> = {}): Sample[] {
    const wanted = Object.entries(labels);
    return this.samples.filter(
      (sample) => sample.name === name && wanted.every(([label, value]) => sample.labels[label] === value),
    );
  }

  /** The sum of their values. */
  sum(name: string, labels?: Record<string, string>): number {
    const found = this.find(name, labels);
    if (!found.length) throw new Error(`No sample of ${name}${JSON.stringify(labels ?? {})}`);
    return found.reduce((sum, { value }) => sum + value, 0);
  }

  /** What is not 0, by the values of the labels, joined by blanks. */
  counted(name: string): Record<string, number> {
    const counted = this.find(name).filter(({ value }) => value !== 0);
    return Object.fromEntries(counted.map(({ labels, value }) => [Object.values(labels).join(' '), value]));
  }

  #read(line: string): void {
    const about = /^# (HELP|TYPE) (\w+) (.+)$/.exec(line);
    if (about) {
      const [, kind, name = '', text = ''] = about;
      if (kind === 'TYPE') this.types.set(name, text);
      else this.#helps.add(name);
    } else if (line) {
      const label = String.raw`\w+="(?:[^"\\\n]|\\[\\"n])*"`;
      const sample = new RegExp(`^(\\w+)(?:\\{(${label}(?:,${label})*)\\})? (\\S+)$`).exec(line);
      const [, name = '', labels = '', value = ''] = sample ?? [];
      const metric = this.types.has(name) ? name : name.replace(/_(bucket|sum|count)$/, '');
      if (!sample || Number.isNaN(Number(value.replace(/^[+-]Inf$|^Nan$/, '0'))))
        throw new Error(`No line of a sample: ${line}`);
      if (!this.types.has(metric) || !this.#helps.has(metric))
        throw new Error(`Without a type or a help: ${line}`);
      const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
      this.samples.push({
        name,
        labels: Object.fromEntries(pairs.map(([, key, value]) => [key, value])),
        value: Number(value),
      });
    }
  }
}

/**
 * Reads /metrics of the server that has this URL.
 *
 * @throws Error if it is not 200, not in the format, or does not say that it is
 */
export async function scrape(url: string, headers: Record<string, string> = {}): Promise<Scrape> {
  const {
    statusCode,
    headers: told,
    body,
  } = await request(new URL('/metrics', url), {
    headers,
    // No connection is kept, which a test would find left over.
    reset: true,
  });
  const text = await body.text();
  const type = String(told['content-type']);
  if (statusCode !== 200 || !type.startsWith('text/plain; version=0.0.4'))
    throw new Error(`${statusCode} ${type}: ${text}`);
  return new Scrape(text);
}

function seriesOf({ name, labels }: Sample): string {
  return `${name}${JSON.stringify(labels)}`;
}
