#!/usr/bin/env node
// Sums a CPU profile up by self time: node bench/profile.mjs <file.cpuprofile> [<lines>]
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const [file, lines = '40'] = process.argv.slice(2);
const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, 'utf8'));
const byId = new Map(nodes.map((node) => [node.id, node]));

const self = new Map();
samples.forEach((id, i) => self.set(id, (self.get(id) ?? 0) + timeDeltas[i]));

/** The bundle names the source of each part in a comment above it. */
const sources = new Map();
function sourceOf(url, line) {
  if (!url.startsWith('file:') || !url.endsWith('.mjs')) return url.replace(/^.*node_modules\//, '');
  if (!sources.has(url)) {
    const path = fileURLToPath(url);
    sources.set(url, existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []);
  }
  const text = sources.get(url);
  for (let at = line; at >= 0; at--) {
    const match = /^\s*\/\/ (\S*(?:runtime|lib|node_modules)\/\S+)$/.exec(text[at] ?? '');
    if (match) return match[1].replace(/^.*node_modules\//, '');
  }
  return url.split('/').at(-1);
}

const totals = new Map();
const areas = new Map();
let busy = 0;
for (const [id, time] of self) {
  const { functionName, url, lineNumber } = byId.get(id).callFrame;
  if (functionName === '(idle)') continue;
  busy += time;
  const source = url === '' ? '' : sourceOf(url, lineNumber);
  const key = `${functionName || '(anonymous)'}\t${source}${url === '' ? '' : `:${lineNumber + 1}`}`;
  totals.set(key, (totals.get(key) ?? 0) + time);
  const area = source === '' ? functionName : source.startsWith('node:') ? source : source.split('/').slice(0, source.startsWith('runtime') ? 4 : 1).join('/');
  areas.set(area, (areas.get(area) ?? 0) + time);
}

/** Time with everything that was called from there; a function within itself counts once. */
const inclusive = new Map();
function walk(node, above) {
  const { functionName, url, lineNumber } = node.callFrame;
  const name = url === '' || functionName === '' ? '' : `${functionName}\t${sourceOf(url, lineNumber)}`;
  const within = name === '' || above.has(name) ? above : new Set(above).add(name);
  const time = functionName === '(idle)' ? 0 : self.get(node.id) ?? 0;
  if (time > 0) for (const each of within) inclusive.set(each, (inclusive.get(each) ?? 0) + time);
  for (const child of node.children ?? []) walk(byId.get(child), within);
}
walk(nodes[0], new Set());

const show = (map, count) => [...map].sort((a, b) => b[1] - a[1]).slice(0, count)
  .map(([name, time]) => `${((100 * time) / busy).toFixed(1).padStart(5)} %  ${name.replace('\t', '  ')}`).join('\n');
process.stdout.write(`busy ${(busy / 1e6).toFixed(1)} s (numbers are lines of the bundle)\n\nby part\n${show(areas, 20)}\n\nby function\n${show(totals, Number(lines))}\n\nwith what they call\n${show(inclusive, Number(lines))}\n`);
