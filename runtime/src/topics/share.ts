const PREFIX = '$share/';

/** Whether a filter asks for a shared subscription, well-formed or not. */
export function isShare(filter: string): boolean {
  return filter.startsWith(PREFIX);
}

/** `$share/<name>/<filter>` (MQTT 5, 4.8.2, which MQTT 3.1.1 clients use too); null: malformed. */
export function parseShare(filter: string): { readonly name: string; readonly filter: string } | null {
  if (!isShare(filter)) return null;
  const slash = filter.indexOf('/', PREFIX.length);
  if (slash < 0) return null;
  const name = filter.slice(PREFIX.length, slash);
  const inner = filter.slice(slash + 1);
  return name === '' || inner === '' || /[+#]/.test(name) ? null : { name, filter: inner };
}
