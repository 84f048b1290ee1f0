/** One answer of several workers: the families of all, each sample with its worker. */

/** `text` of each worker in the Prometheus text format, whose samples carry a label of their own already. */
export function mergeTexts(texts: readonly string[]): string {
  const families = new Map<string, { readonly heading: string; readonly samples: string[] }>();
  for (const text of texts) {
    for (const block of text.split(/^(?=# HELP )/m)) {
      const lines = block.split('\n').filter((line) => line !== '');
      const name = /^# HELP (\S+)/.exec(lines[0] ?? '')?.[1];
      if (name === undefined) continue;
      const samples = lines.filter((line) => !line.startsWith('#'));
      const known = families.get(name);
      if (known === undefined) families.set(name, { heading: lines.filter((line) => line.startsWith('#')).join('\n'), samples });
      else known.samples.push(...samples);
    }
  }
  return `${[...families.values()].map(({ heading, samples }) => [heading, ...samples].join('\n')).join('\n\n')}\n`;
}
