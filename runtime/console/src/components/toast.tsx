import { useCallback, useState } from 'preact/hooks';
import { Icon } from './icon';

const SHOWN_MS = 4_000;

interface Toast { readonly id: number; readonly text: string }

let last = 0;

export function useToasts(): { toasts: readonly Toast[]; tell: (text: string) => void } {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const tell = useCallback((text: string) => {
    const id = ++last;
    setToasts((now) => [...now.filter((each) => each.text !== text), { id, text }].slice(-3));
    setTimeout(() => setToasts((now) => now.filter((each) => each.id !== id)), SHOWN_MS);
  }, []);
  return { toasts, tell };
}

export function Toasts({ toasts }: { toasts: readonly Toast[] }) {
  return <div class="toasts" role="status" aria-live="polite">{toasts.map(({ id, text }) => <p key={id}><Icon name="check" size={16} />{text}</p>)}</div>;
}
