/** One HTTP POST to a receiver that may be slow, broken or hostile: bounded in time, nothing of its answer is read but the status. */
import http from 'node:http';
import https from 'node:https';

export interface PostOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** PEM of who alone may have signed the receiver's certificate; undefined: the public authorities. */
  readonly caCertificate?: string;
}

const MAX_HEADER_BYTES = 16 * 1_024;

/** Why it was not taken; null: it was. Says nothing of the URL, whose path may be a secret. */
export function post(url: string, headers: { readonly [name: string]: string }, body: string, { timeoutMs, signal, caCertificate }: PostOptions): Promise<string | null> {
  return new Promise((resolve) => {
    const bytes = Buffer.from(body, 'utf8');
    const { request } = url.toLowerCase().startsWith('https:') ? https : http;
    const end = (problem: string | null): void => {
      clearTimeout(timer);
      resolve(problem);
      sent?.destroy(); // its body is not read
    };
    const timer = setTimeout(() => end(`no answer within ${timeoutMs / 1_000} s`), timeoutMs);
    let sent: http.ClientRequest | undefined;
    try {
      sent = request(url, { method: 'POST', headers: { ...headers, 'content-length': bytes.length }, agent: false, maxHeaderSize: MAX_HEADER_BYTES, signal, ca: caCertificate });
    } catch {
      return end('the URL cannot be asked');
    }
    sent.on('response', ({ statusCode = 0 }) => end(judge(statusCode)));
    sent.on('error', (error: NodeJS.ErrnoException) => end(signal.aborted ? 'the gateway stopped meanwhile' : `the connection failed (${error.code ?? error.name})`));
    sent.end(bytes);
  });
}

function judge(status: number): string | null {
  if (status >= 200 && status < 300) return null;
  return `answered ${status}${status >= 300 && status < 400 ? ': redirects are not followed' : ''}`;
}
