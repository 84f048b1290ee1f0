/** Numbers, sizes and times for people. `tag` is the language, such as `zh-CN`. */

export function formatNumber(value: number, tag: string): string {
  return new Intl.NumberFormat(tag, { maximumFractionDigits: Math.abs(value) < 10 ? 1 : 0 }).format(value);
}

/** 1.2 k, 3.4 M: for axes and narrow places. */
export function formatCompact(value: number, tag: string): string {
  return new Intl.NumberFormat(tag, { notation: 'compact', maximumFractionDigits: 1 }).format(value);
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function formatBytes(bytes: number, tag: string): string {
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${new Intl.NumberFormat(tag, { maximumFractionDigits: unit === 0 || value >= 100 ? 0 : 1 }).format(value)} ${UNITS[unit]}`;
}

export function formatTime(milliseconds: number, tag: string): string {
  return new Intl.DateTimeFormat(tag, { year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(milliseconds);
}

const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [['second', 60], ['minute', 60], ['hour', 24], ['day', Infinity]];

export function formatAgo(milliseconds: number, now: number, tag: string): string {
  let value = Math.round((milliseconds - now) / 1000);
  for (const [unit, most] of STEPS) {
    if (Math.abs(value) < most) return new Intl.RelativeTimeFormat(tag, { numeric: 'auto', style: 'short' }).format(value, unit);
    value = Math.round(value / most);
  }
  return '';
}

export function formatDuration(seconds: number, tag: string): string {
  const [unit, value] = seconds < 60 ? ['second', seconds] as const : seconds < 3600 ? ['minute', seconds / 60] as const : ['hour', seconds / 3600] as const;
  return new Intl.NumberFormat(tag, { style: 'unit', unit, unitDisplay: 'long', maximumFractionDigits: 1 }).format(value);
}
