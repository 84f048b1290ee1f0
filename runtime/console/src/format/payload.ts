/** Payloads: bytes that are mostly texts. No DOM in here, so that tests run it as it is. */

export interface ShownPayload {
  readonly text: string;
  readonly kind: 'text' | 'json' | 'base64';
}

/** As a text where it is one, without control characters that a person would not see. */
export function showPayload(base64: string): ShownPayload {
  const text = asText(base64);
  if (text === null) return { text: base64, kind: 'base64' };
  return { text, kind: isJson(text) ? 'json' : 'text' };
}

function asText(base64: string): string | null {
  try {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    // eslint-disable-next-line no-control-regex
    return /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(text) ? null : text;
  } catch {
    return null;
  }
}

function isJson(text: string): boolean {
  if (!/^\s*[[{]/.test(text)) return false;
  return jsonProblem(text) === null;
}

/** Why it is not JSON; null: it is. */
export function jsonProblem(text: string): string | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The size of what is typed; null: not Base64 with padding, as the gateway takes it. */
export function base64Bytes(text: string): number | null {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null;
  try {
    const bytes = atob(text);
    return btoa(bytes) === text ? bytes.length : null;
  } catch {
    return null;
  }
}

export function textBytes(text: string): number {
  return new TextEncoder().encode(text).length;
}
