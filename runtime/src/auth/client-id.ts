const SEPARATOR = '@@@';

export interface ClientIdParts {
  readonly group: string;
  readonly device: string;
}

/**
 * `<GroupID>@@@<DeviceID>` (C1); null: malformed. A Client ID is also a level of P2P topics (T4), so it holds no level
 * separator and no wildcard; control characters have no place in a name that people read in logs.
 */
export function parseClientId(clientId: string): ClientIdParts | null {
  const at = clientId.indexOf(SEPARATOR);
  if (at <= 0) return null;
  const device = clientId.slice(at + SEPARATOR.length);
  // eslint-disable-next-line no-control-regex
  if (device === '' || /[/+#\u0000-\u001f\u007f-\u009f]/.test(clientId)) return null;
  return { group: clientId.slice(0, at), device };
}

/** Counts characters, not UTF-16 units: one outside the basic plane is one. */
export function isLongerThan(text: string, characters: number): boolean {
  if (text.length <= characters) return false;
  if (text.length > 2 * characters) return true;
  let count = 0;
  for (const _ of text) if (++count > characters) return true;
  return false;
}
