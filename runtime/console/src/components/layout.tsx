/** The parts that pages are made of. */
import type { ComponentChildren } from 'preact';
import { useEffect, useId } from 'preact/hooks';
import { useFormat, useTexts } from '../app/context';
import type { Origin } from '../api/types';
import { Icon } from './icon';

export function Page({ heading, intro, actions, back, live = false, children }: {
  heading: string; intro?: ComponentChildren; actions?: ComponentChildren; back?: { href: string; label: string }; live?: boolean; children: ComponentChildren;
}) {
  const t = useTexts();
  useEffect(() => { document.title = `${heading} · ${t.title}`; }, [heading, t]);
  return (
    <div class="page">
      {back && <a class="back" href={back.href}><Icon name="back" size={16} />{back.label}</a>}
      <header class="page-head">
        <div><h1 tabIndex={-1}>{heading}{live && <span class="live" title={t.common.live}><i aria-hidden="true" />{t.common.live}</span>}</h1>{intro && <p class="muted">{intro}</p>}</div>
        {actions && <div class="page-actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

export function Card({ heading, hint, actions, children, flush = false, class: extra = '' }: { heading?: string; hint?: string; actions?: ComponentChildren; children: ComponentChildren; flush?: boolean; class?: string }) {
  const id = useId();
  return (
    <section class={`card${flush ? ' card-flush' : ''} ${extra}`} aria-labelledby={heading && id}>
      {heading && <header class="card-head"><div><h2 id={id}>{heading}</h2>{hint && <p class="muted small">{hint}</p>}</div>{actions}</header>}
      {children}
    </section>
  );
}

export type Tone = 'ok' | 'warn' | 'danger' | 'info' | 'quiet';

export function Badge({ tone, children, title }: { tone: Tone; children: ComponentChildren; title?: string }) {
  return <span class={`badge badge-${tone}`} title={title}>{children}</span>;
}

export function OriginBadge({ origin }: { origin: Origin }) {
  const t = useTexts();
  return origin === 'declared' ? <Badge tone="quiet" title={t.common.declaredHint}><Icon name="code" size={13} />{t.common.declared}</Badge> : <Badge tone="info">{origin === 'storage' ? t.common.byStorage : t.common.byApi}</Badge>;
}

export interface Fact { readonly label: string; readonly value: ComponentChildren; /** For values that are long. */ readonly wide?: boolean }

export function Facts({ facts }: { facts: readonly Fact[] }) {
  return <dl class="facts">{facts.map(({ label, value, wide }) => <div key={label} class={wide ? 'fact-wide' : undefined}><dt>{label}</dt><dd>{value}</dd></div>)}</dl>;
}

export function Stat({ label, value, hint, href }: { label: string; value: ComponentChildren; hint?: ComponentChildren; href?: string }) {
  const inside = <><span class="stat-label">{label}</span><span class="stat-value">{value}</span>{hint && <span class="stat-hint">{hint}</span>}</>;
  return href ? <a class="stat stat-link" href={href}>{inside}</a> : <div class="stat">{inside}</div>;
}

/** How much of something is used; `threshold` is where an alarm is raised. `most` null: there is no bound. */
export function Meter({ label, value, most, threshold, format }: { label: string; value: number; most: number | null; threshold?: number; format?: (value: number) => string }) {
  const t = useTexts();
  const { number, tag } = useFormat();
  const id = useId();
  const shown = format ?? number;
  const share = most === null || most === 0 ? 0 : Math.min(1, value / most);
  const tone = most !== null && value >= most && most > 0 ? 'danger' : threshold !== undefined && value >= threshold ? 'warn' : 'ok';
  const text = t.common.of(shown(value), most === null ? t.common.noLimit : shown(most));
  return (
    <div class="meter">
      <div class="meter-head"><span id={id}>{label}</span><span class="meter-figures"><b>{shown(value)}</b> / {most === null ? t.common.noLimit : shown(most)}</span></div>
      <div class="meter-track" role="meter" aria-labelledby={id} aria-valuemin={0} aria-valuemax={most ?? undefined} aria-valuenow={value} aria-valuetext={text}>
        <span class={`meter-bar meter-${tone}`} style={{ width: `${share * 100}%` }} />
        {threshold !== undefined && most !== null && most > 0 && <i class="meter-mark" style={{ left: `${Math.min(1, threshold / most) * 100}%` }} title={`${t.instance.threshold}: ${shown(threshold)}`} />}
      </div>
      {most !== null && most > 0 && <span class="meter-percent">{new Intl.NumberFormat(tag, { style: 'percent', maximumFractionDigits: share < 0.1 ? 1 : 0 }).format(value / most)}</span>}
    </div>
  );
}

/** A time as people say it, with the exact one behind it. */
export function Ago({ at }: { at: number }) {
  const { ago, time } = useFormat();
  return <time dateTime={new Date(at).toISOString()} title={time(at)}>{ago(at)}</time>;
}

export function Time({ at }: { at: number }) {
  const { time } = useFormat();
  return <time dateTime={new Date(at).toISOString()}>{time(at)}</time>;
}
