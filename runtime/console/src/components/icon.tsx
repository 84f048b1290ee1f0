/** A few line icons, drawn here so that nothing is loaded from elsewhere. Each goes with a text: none is read out. */
const PATHS = {
  overview: 'M4 13h6V4H4zM14 20h6V11h-6zM4 20h6v-3H4zM14 7h6V4h-6z',
  instance: 'M4 5h16v6H4zM4 14h16v6H4zM7.5 8h.01M7.5 17h.01',
  topics: 'M4 6c0-1.7 3.6-3 8-3s8 1.3 8 3-3.6 3-8 3-8-1.3-8-3zM4 6v12c0 1.7 3.6 3 8 3s8-1.3 8-3V6M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3',
  trace: 'M6 5a2 2 0 1 0 0 .01M18 19a2 2 0 1 0 0 .01M8 5h6a4 4 0 0 1 0 8h-4a4 4 0 0 0 0 8M10 19h6',
  device: 'M8 3h8a1 1 0 0 1 1 1v16a1 1 0 0 1-1 1H8a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zM11 18h2',
  groups: 'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20a6.5 6.5 0 0 1 13 0M16 4.3a3.5 3.5 0 0 1 0 6.4M18 14.5a6.5 6.5 0 0 1 3.5 5.5',
  clients: 'M5 12.5a10 10 0 0 1 14 0M8 16a5.5 5.5 0 0 1 8 0M2 9a14.5 14.5 0 0 1 20 0M12 19.5h.01',
  reports: 'M4 4v16h16M8 16v-4M12 16V8M16 16v-6',
  signature: 'M12 3l7 3v5c0 4.5-3 8-7 10-4-2-7-5.5-7-10V6zM9 12l2 2 4-4',
  tokens: 'M14.5 3.5a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM10 14l-7 7M6 18l2 2M15 9h.01',
  credential: 'M4 5h16v14H4zM8.5 11a1.5 1.5 0 1 0 0-.01M6.5 15.5c.5-1.5 3.5-1.5 4 0M14 10h3M14 14h3',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  close: 'M6 6l12 12M18 6L6 18',
  menu: 'M4 7h16M4 12h16M4 17h16',
  plus: 'M12 5v14M5 12h14',
  send: 'M4 12l16-8-6 16-3-6.5z',
  trash: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13',
  alert: 'M12 4l9 16H3zM12 10v4M12 17h.01',
  info: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v5M12 8h.01',
  empty: 'M4 13l3-8h10l3 8v6H4zM4 13h5l1.5 2.5h3L15 13h5',
  off: 'M12 4v8M7 6.5a8 8 0 1 0 10 0',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l5 5',
  code: 'M8 7l-5 5 5 5M16 7l5 5-5 5',
  eye: 'M2.5 12C5 7.5 8.5 5.5 12 5.5s7 2 9.5 6.5c-2.5 4.5-6 6.5-9.5 6.5S5 16.5 2.5 12zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z',
  eyeOff: 'M4 4l16 16M6 7.5C4.7 8.6 3.5 10.2 2.5 12c2.5 4.5 6 6.5 9.5 6.5 1.5 0 3-.4 4.4-1.100M10 5.700c4.5-.9 8.7 1.3 11.5 6.3-.7 1.3-1.5 2.4-2.4 3.300M10 10a3 3 0 0 0 4 4',
  lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
  refresh: 'M20 11a8 8 0 0 0-14.5-4L4 8.5M4 4v4.5h4.5M4 13a8 8 0 0 0 14.5 4l1.5-1.5M20 20v-4.5h-4.5',
  out: 'M10 4H5v16h5M14 8l4 4-4 4M18 12H9',
  back: 'M14 6l-6 6 6 6',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

export function Logo({ size = 30 }: { size?: number }) {
  return (
    <svg class="logo" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="9" class="logo-ground" />
      <g fill="none" class="logo-waves" stroke-width="2.6" stroke-linecap="round"><path d="M8 24v-3" /><path d="M8 15a9 9 0 0 1 9 9" /><path d="M8 8a16 16 0 0 1 16 16" /></g>
    </svg>
  );
}
