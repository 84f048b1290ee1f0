import { useEffect, useState } from 'preact/hooks';
import { useApp, useTexts } from '../app/context';
import { Icon } from './icon';

const SHOWN_MS = 1_500;

/** The clipboard of today is for pages over TLS and of this machine alone; the old way is for the others. */
async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    area.className = 'off-screen';
    (document.querySelector('dialog[open]') ?? document.body).append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
}

/** `what` names it for those who do not see where the button stands. */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const t = useTexts();
  const { tell } = useApp();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = (): void => {
    void copyText(text).then(() => { setCopied(true); tell(t.common.copied); });
  };
  return (
    <button type="button" class={`copy${copied ? ' copied' : ''}`} onClick={copy} aria-label={t.common.copyOf(what)} title={t.common.copyOf(what)}>
      <Icon name={copied ? 'check' : 'copy'} size={15} />
    </button>
  );
}

/** A value somebody will want elsewhere. */
export function Copyable({ text, what }: { text: string; what: string }) {
  return <span class="copyable"><code class="mono">{text}</code><CopyButton text={text} what={what} /></span>;
}

export function CodeBlock({ text, what }: { text: string; what: string }) {
  return (
    <div class="code-block">
      <CopyButton text={text} what={what} />
      <pre tabIndex={0} aria-label={what}><code>{text}</code></pre>
    </div>
  );
}
