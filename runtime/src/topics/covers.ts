/** Whether every topic that `filter` matches is matched by `outer` too. A topic is a filter that matches itself. Says no too often only for `#` alone. */
export function covers(outer: string, filter: string): boolean {
  const o = outer.split('/');
  const f = filter.split('/');
  if (f[0]!.startsWith('$') && (o[0] === '+' || o[0] === '#')) return false; // [MQTT-4.7.2-1]
  for (let i = 0; i < o.length; i++) {
    if (o[i] === '#') return true; // the parent level too [4.7.1.2]
    if (i >= f.length || f[i] === '#') return false;
    if (o[i] !== '+' && o[i] !== f[i]) return false;
  }
  return o.length === f.length;
}
