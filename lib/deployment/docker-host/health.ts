/**
 * Health checks. A probe starts a process in the container, which costs far more than what it asks (some 50 ms of processor
 * time), so probes are few once a container is healthy; but a deploy waits for the first good answer, so they are many
 * until then. Docker has one interval for both (a second one from API 1.44 on only): a probe of a healthy container
 * therefore sleeps before it asks.
 */
export interface HealthCheck {
  /** Command line for the container's shell. */
  readonly ask: string;
  /** Failures in this time do not count. */
  readonly startSeconds: number;
}

const INTERVAL_SECONDS = 1;
const PAUSE_SECONDS = 15;
const TIMEOUT_SECONDS = 30;
const RETRIES = 5;
const MARK = '/tmp/.mqttgw-healthy';

/** As the provider takes it. */
export function healthcheck({ ask, startSeconds }: HealthCheck) {
  return {
    test: ['CMD-SHELL', `if [ -e ${MARK} ]; then sleep ${PAUSE_SECONDS}; fi; if ${ask}; then touch ${MARK}; else rm -f ${MARK}; exit 1; fi`],
    interval: duration(INTERVAL_SECONDS),
    timeout: duration(TIMEOUT_SECONDS),
    startPeriod: duration(startSeconds),
    retries: RETRIES,
  };
}

/** By the file that our own processes touch while they are ready; no process of Node has to start for a probe. */
export const READY_FILE = '/tmp/mqttgw-ready';
export const ASK_READY_FILE = `test -n "$(find ${READY_FILE} -mmin -1 2>/dev/null)"`;

/** As Docker prints it, because the provider compares texts: `1m30s`, not `90s`. */
export function duration(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const parts = [hours > 0 ? `${hours}h` : '', hours > 0 || minutes > 0 ? `${minutes}m` : '', `${seconds % 60}s`];
  return parts.join('');
}
