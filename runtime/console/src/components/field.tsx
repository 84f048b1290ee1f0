import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { useTexts } from '../app/context';
import { IconButton } from './button';

interface Common { label: string; hint?: string | undefined; error?: string | undefined }

function Frame({ label, hint, error, id, children }: Common & { id: string; children: ComponentChildren }) {
  return (
    <div class={`field${error ? ' field-wrong' : ''}`}>
      <label for={id}>{label}</label>
      {children}
      {error ? <p class="field-error" id={`${id}-note`} role="alert">{error}</p> : hint && <p class="field-hint" id={`${id}-note`}>{hint}</p>}
    </div>
  );
}

type Text = Common & {
  value: string; onInput: (value: string) => void; type?: 'text' | 'search'; placeholder?: string; mono?: boolean; required?: boolean;
  autoComplete?: string; list?: readonly string[]; autoFocus?: boolean; name?: string; maxLength?: number;
};

export function TextField({ value, onInput, type = 'text', placeholder, mono, required, autoComplete = 'off', list, autoFocus, name, maxLength, ...frame }: Text) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => { if (autoFocus) input.current?.focus(); }, []);
  return (
    <Frame {...frame} id={id}>
      <input ref={input} id={id} class={mono ? 'mono' : undefined} type={type} name={name} value={value} placeholder={placeholder} required={required} maxLength={maxLength} autocomplete={autoComplete} autocapitalize="none" spellcheck={false}
        list={list && `${id}-list`} data-autofocus={autoFocus} aria-describedby={frame.hint || frame.error ? `${id}-note` : undefined} aria-invalid={frame.error !== undefined}
        onInput={(event) => onInput(event.currentTarget.value)} />
      {list && <datalist id={`${id}-list`}>{list.map((each) => <option key={each} value={each} />)}</datalist>}
    </Frame>
  );
}

const SHOWN = { type: 'text' } as const;
const HIDDEN = { type: 'password' } as const;

/** A secret: hidden until somebody wants to see it. */
export function SecretField({ value, onInput, autoComplete = 'off', name, ...frame }: Common & { value: string; onInput: (value: string) => void; autoComplete?: string; name?: string }) {
  const t = useTexts();
  const id = useId();
  const [shown, setShown] = useState(false);
  return (
    <Frame {...frame} id={id}>
      <span class="with-button">
        <input id={id} class="mono" name={name} {...(shown ? SHOWN : HIDDEN)} value={value} autocomplete={autoComplete} autocapitalize="none" spellcheck={false} aria-describedby={frame.hint || frame.error ? `${id}-note` : undefined} onInput={(event) => onInput(event.currentTarget.value)} />
        <IconButton icon={shown ? 'eyeOff' : 'eye'} label={shown ? t.login.hidePassword : t.login.showPassword} onClick={() => setShown(!shown)} />
      </span>
    </Frame>
  );
}

export function AreaField({ value, onInput, rows = 5, mono = true, ...frame }: Common & { value: string; onInput: (value: string) => void; rows?: number; mono?: boolean }) {
  const id = useId();
  return (
    <Frame {...frame} id={id}>
      <textarea id={id} class={mono ? 'mono' : undefined} rows={rows} value={value} spellcheck={false} aria-describedby={frame.hint || frame.error ? `${id}-note` : undefined} aria-invalid={frame.error !== undefined} onInput={(event) => onInput(event.currentTarget.value)} />
    </Frame>
  );
}

export interface Choice<V extends string> { readonly value: V; readonly label: string }

export function choices<V extends string>(labels: { readonly [K in V]: string }): Choice<V>[] {
  return (Object.entries(labels) as [V, string][]).map(([value, label]) => ({ value, label }));
}

export function SelectField<V extends string>({ value, options, onChange, ...frame }: Common & { value: V; options: readonly Choice<V>[]; onChange: (value: V) => void }) {
  const id = useId();
  return (
    <Frame {...frame} id={id}>
      <select id={id} value={value} aria-describedby={frame.hint || frame.error ? `${id}-note` : undefined} onChange={(event) => onChange(event.currentTarget.value as V)}>
        {options.map((each) => <option key={each.value} value={each.value} selected={each.value === value}>{each.label}</option>)}
      </select>
    </Frame>
  );
}

/** One of a few, all of them seen: radio buttons that look like one switch. */
export function Segmented<V extends string>({ label, value, options, onChange, hideLabel = false }: { label: string; value: V; options: readonly Choice<V>[]; onChange: (value: V) => void; hideLabel?: boolean }) {
  const name = useId();
  return (
    <fieldset class="segmented">
      <legend class={hideLabel ? 'visually-hidden' : undefined}>{label}</legend>
      <div>
        {options.map((each) => (
          <label key={each.value} class={each.value === value ? 'chosen' : undefined}>
            <input type="radio" name={name} value={each.value} checked={each.value === value} onChange={() => onChange(each.value)} /><span>{each.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

export function CheckField({ label, checked, onChange, hint }: { label: string; checked: boolean; onChange: (checked: boolean) => void; hint?: string }) {
  return (
    <label class="check"><input type="checkbox" checked={checked} onChange={(event) => onChange(event.currentTarget.checked)} /><span>{label}{hint && <small class="muted"> {hint}</small>}</span></label>
  );
}
