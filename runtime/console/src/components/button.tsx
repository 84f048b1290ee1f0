import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from './icon';

interface Look { kind?: 'primary' | 'plain' | 'quiet' | 'danger'; icon?: IconName; small?: boolean; children: ComponentChildren }

function classOf({ kind = 'plain', small }: Look): string {
  return `button button-${kind}${small ? ' button-small' : ''}`;
}

export function Button({ onClick, type = 'button', busy = false, disabled = false, label, ...look }: Look & { onClick?: () => void; type?: 'button' | 'submit'; busy?: boolean; disabled?: boolean; label?: string }) {
  return (
    <button type={type} class={classOf(look)} onClick={onClick} disabled={disabled || busy} aria-busy={busy} aria-label={label}>
      {busy ? <span class="spinner" aria-hidden="true" /> : look.icon && <Icon name={look.icon} size={16} />}
      <span>{look.children}</span>
    </button>
  );
}

export function LinkButton({ href, label, ...look }: Look & { href: string; label?: string }) {
  return <a class={classOf(look)} href={href} aria-label={label}>{look.icon && <Icon name={look.icon} size={16} />}<span>{look.children}</span></a>;
}

export function IconButton({ icon, label, onClick, expanded }: { icon: IconName; label: string; onClick: () => void; expanded?: boolean }) {
  return <button type="button" class="icon-button" onClick={onClick} aria-label={label} title={label} aria-expanded={expanded}><Icon name={icon} /></button>;
}
