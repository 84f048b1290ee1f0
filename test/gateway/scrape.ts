/** Reads `GET /metrics` of a gateway, as Prometheus does. */
import { expect } from 'vitest';

export interface Scraped {
  /** Family names with their type. */
  readonly types: ReadonlyMap<string, string>;
  /** Names of the labels that samples of it carry. */
  labels(name: string): string[];
  /** Sum of the samples that carry these labels; undefined: there is none. */
  value(name: string, labels?: { readonly [name: string]: string }): number | undefined;
}

export async function scrape(httpPort: number, headers: Record<string, string> = {}): Promise<Scraped> {
  const response = await fetch(`http://127.0.0.1:${httpPort}/metrics`, { headers });
  const text = await response.text();
  expect(response.status, text).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  return parse(text);
}

/** Holds the text to the format: each family once, its samples behind its type, no sample twice. */
export function parse(text: string): Scraped {
  const types = new Map<string, string>();
  const samples: { name: string; labels: Map<string, string>; value: number }[] = [];
  const seen = new Set<string>();
  let family = '';
  for (const line of text.split('\n').filter(Boolean)) {
    const [, kind, of, rest] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (kind === 'HELP') {
      expect(types.has(of!), `${of} twice`).toBe(false);
      family = of!;
    } else if (kind === 'TYPE') {
      types.set(of!, rest!);
    } else {
      const [, name, labels = '', value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      expect(name, line).toBeDefined();
      expect(name!.startsWith(family), `${line} stands under ${family}`).toBe(true);
      const identity = line.slice(0, line.lastIndexOf(' '));
      expect(seen.has(identity), `${identity} twice`).toBe(false);
      seen.add(identity);
      samples.push({ name: name!, labels: new Map([...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, is]) => [label!, is!])), value: Number(value) });
    }
  }
  return {
    types,
    labels: (name) => [...new Set(samples.filter((each) => each.name === name).flatMap(({ labels }) => [...labels.keys()]))],
    value(name, labels = {}) {
      const found = samples.filter((each) => each.name === name && Object.entries(labels).every(([label, is]) => each.labels.get(label) === is));
      return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
    },
  };
}
