/** Does a filter cover a topic? Written from the standard's text, not from the gateway's code, which it judges. */
export function covers(filter: string, topic: string): boolean {
  const levels = topic.split('/');
  const parts = filter.split('/');
  for (const [i, part] of parts.entries()) {
    if (part === '#') return true;
    if (i >= levels.length || (part !== '+' && part !== levels[i])) return false;
  }
  return parts.length === levels.length;
}
