/** Topic syntax and matching of MQTT 3.1.1, section 4.7. */

/** A filter with no wildcard equals one topic. */
export function hasWildcard(filter: string): boolean {
  return filter.includes('+') || filter.includes('#');
}

/** [MQTT-4.7.1-1] … [MQTT-4.7.1-3]: at least one character, no NUL, `#` alone in the last level, `+` alone in a level. */
export function isValidFilter(filter: string): boolean {
  if (filter.length === 0 || filter.includes('\u0000')) return false;
  if (!hasWildcard(filter)) return true;
  const levels = filter.split('/');
  return levels.every((level, i) =>
    level === '#' ? i === levels.length - 1 : level === '+' || !hasWildcard(level));
}

/** [MQTT-3.3.2-2]: a topic name holds no wildcard. */
export function isValidTopic(topic: string): boolean {
  return topic.length > 0 && !topic.includes('\u0000') && !hasWildcard(topic);
}

/** [MQTT-4.7.2-1]: a filter that starts with a wildcard does not match topics that start with `$`. */
export function matches(filter: string, topic: string): boolean {
  return filter === topic || levelsMatch(filter.split('/'), topic.split('/'));
}

/** The same, for who asks often and has the levels. */
export function levelsMatch(f: readonly string[], t: readonly string[]): boolean {
  if (t[0]!.startsWith('$') && (f[0] === '+' || f[0] === '#')) return false;
  for (let i = 0; i < f.length; i++) {
    if (f[i] === '#') return true; // matches the parent level too [4.7.1.2]
    if (i >= t.length || (f[i] !== '+' && f[i] !== t[i])) return false;
  }
  return f.length === t.length;
}
