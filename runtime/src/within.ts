/** Waits for something, but not for ever. The timer goes with the wait, so it never keeps the process. */
export async function within<T>(milliseconds: number, promise: Promise<T>): Promise<{ readonly late: false; readonly value: T } | { readonly late: true }> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<{ late: true }>((resolve) => { timer = setTimeout(() => resolve({ late: true }), milliseconds); });
  try {
    return await Promise.race([promise.then((value) => ({ late: false as const, value })), late]);
  } finally {
    clearTimeout(timer);
  }
}
