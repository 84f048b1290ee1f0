import { useEffect, useState } from 'preact/hooks';

const MINUTE_MS = 60_000;
const thisMinute = (): number => Math.ceil(Date.now() / MINUTE_MS) * MINUTE_MS;

/** The end of the minute that runs, in milliseconds; moves on while the page is open. */
export function useMinute(): number {
  const [minute, setMinute] = useState(thisMinute);
  useEffect(() => {
    const timer = setInterval(() => { if (document.visibilityState === 'visible') setMinute(thisMinute()); }, MINUTE_MS / 4);
    return () => clearInterval(timer);
  }, []);
  return minute;
}
