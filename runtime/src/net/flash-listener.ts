import type { NetLimits } from '../limits';
import type { Accepted } from './acceptor';

const REQUEST = Buffer.from('<policy-file-request/>\0', 'latin1');

/** The policy that lets a Flash socket of any site reach the ports; the clients still have to authenticate there. */
export function flashPolicy(ports: readonly number[]): Buffer {
  const to = ports.length === 0 ? '' : `<allow-access-from domain="*" to-ports="${ports.join(',')}"/>`;
  return Buffer.from(`<?xml version="1.0"?><cross-domain-policy><site-control permitted-cross-domain-policies="master-only"/>${to}</cross-domain-policy>\0`, 'latin1');
}

/** Flash's socket policy port: one fixed question, one fixed answer. */
export function flashProtocol(limits: NetLimits, policy: () => Buffer): (accepted: Accepted) => void {
  return ({ socket, refuse, handshakeDone }) => {
    handshakeDone();
    socket.resume();
    let received: Buffer = Buffer.alloc(0);
    let answered = false;
    const timer = setTimeout(() => (answered ? socket.destroy() : refuse('handshake-timeout')), limits.policyTimeoutMs);
    socket.on('close', () => clearTimeout(timer));
    socket.on('data', (chunk: Buffer) => {
      if (answered) return;
      received = Buffer.concat([received, chunk.subarray(0, limits.policyRequestBytes)]);
      const end = received.indexOf(0);
      if (end >= 0 && received.subarray(0, end + 1).equals(REQUEST)) {
        answered = true;
        socket.end(policy());
      } else if (end >= 0 || received.length >= limits.policyRequestBytes) refuse('policy-request-malformed');
    });
    socket.on('end', () => socket.end());
  };
}
