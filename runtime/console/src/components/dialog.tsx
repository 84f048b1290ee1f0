import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import type { Action } from '../api/use-action';
import { useTexts } from '../app/context';
import { Button, IconButton } from './button';
import { ErrorNote } from './states';

/** The browser's own modal dialog: it keeps the focus inside, closes on Esc, and gives the focus back. */
export function Dialog({ heading, onClose, wide = false, children }: { heading: string; onClose: () => void; wide?: boolean; children: ComponentChildren }) {
  const t = useTexts();
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current!;
    const before = document.activeElement as HTMLElement | null;
    element.showModal();
    element.querySelector<HTMLElement>('[data-autofocus], .dialog-body input, .dialog-body select, .dialog-body textarea, .dialog-foot button')?.focus();
    return () => { element.close(); before?.focus(); };
  }, []);
  const backdrop = (event: MouseEvent): void => { if (event.target === dialog.current) onClose(); };
  return (
    <dialog ref={dialog} class={`dialog${wide ? ' dialog-wide' : ''}`} aria-labelledby={id} onCancel={(event) => { event.preventDefault(); onClose(); }} onMouseDown={backdrop}>
      <div class="dialog-frame">
        <header class="dialog-head"><h2 id={id}>{heading}</h2><IconButton icon="close" label={t.common.close} onClick={onClose} /></header>
        {children}
      </div>
    </dialog>
  );
}

/** A dialog with fields: Enter submits, what is refused stands above the buttons. */
export function FormDialog({ heading, action, submit, onSubmit, onClose, wide, kind = 'primary', disabled = false, children }: {
  heading: string; action: Pick<Action<never, unknown>, 'busy' | 'error'>; submit: string; onSubmit: () => void; onClose: () => void; wide?: boolean; kind?: 'primary' | 'danger'; disabled?: boolean; children: ComponentChildren;
}) {
  const t = useTexts();
  return (
    <Dialog heading={heading} onClose={onClose} {...(wide !== undefined && { wide })}>
      <form noValidate onSubmit={(event) => { event.preventDefault(); if (!action.busy && !disabled) onSubmit(); }}>
        <div class="dialog-body">{children}</div>
        {action.error && <div class="dialog-error"><ErrorNote error={action.error} /></div>}
        <footer class="dialog-foot">
          <Button onClick={onClose}>{t.common.cancel}</Button>
          <Button type="submit" kind={kind} busy={action.busy} disabled={disabled}>{submit}</Button>
        </footer>
      </form>
    </Dialog>
  );
}

/** Asks once more before something that cannot be undone. */
export function Confirm({ heading, children, action, submit, onConfirm, onClose }: {
  heading: string; children: ComponentChildren; action: Pick<Action<never, unknown>, 'busy' | 'error'>; submit: string; onConfirm: () => void; onClose: () => void;
}) {
  return <FormDialog heading={heading} action={action} submit={submit} onSubmit={onConfirm} onClose={onClose} kind="danger">{children}</FormDialog>;
}
