/** Sends one message; the answer has its Message ID (T8). */
import { useState } from 'preact/hooks';
import { ask } from '../api/client';
import type { Qos, SentMessage } from '../api/types';
import { useAction } from '../api/use-action';
import { useFormat, useTexts } from '../app/context';
import { href } from '../app/router';
import { Button, LinkButton } from '../components/button';
import { Copyable } from '../components/copy';
import { Dialog, FormDialog } from '../components/dialog';
import { AreaField, CheckField, choices, Segmented, TextField } from '../components/field';
import { Icon } from '../components/icon';
import { Facts } from '../components/layout';
import { base64Bytes, jsonProblem, textBytes } from '../format/payload';

type Encoding = 'text' | 'json' | 'base64';
type Target = 'subscribers' | 'client';

interface Draft { readonly target: Target; readonly subTopic: string; readonly clientId: string; readonly qos: '0' | '1' | '2'; readonly retain: boolean; readonly encoding: Encoding; readonly payload: string }

const EMPTY: Draft = { target: 'subscribers', subTopic: '', clientId: '', qos: '1', retain: false, encoding: 'text', payload: '' };

export function SendDialog({ parent, onClose }: { parent: string; onClose: () => void }) {
  const t = useTexts();
  const [draft, setDraft] = useState(EMPTY);
  const [sent, setSent] = useState<SentMessage | null>(null);
  const send = useAction(() => ask<SentMessage>('POST', '/messages', bodyOf(parent, draft)));
  if (sent) return <Sent message={sent} onAnother={() => { send.reset(); setSent(null); }} onClose={onClose} />;
  const submit = async (): Promise<void> => {
    const answer = await send.run();
    if (answer) setSent(answer);
  };
  const ready = problemOf(draft, t.send) === undefined && (draft.target === 'subscribers' || draft.clientId !== '');
  return (
    <FormDialog wide heading={`${t.send.heading}: ${parent}`} action={send} submit={send.busy ? t.send.sending : t.send.submit} disabled={!ready} onSubmit={() => void submit()} onClose={onClose}>
      <DraftFields parent={parent} draft={draft} onChange={(change) => setDraft({ ...draft, ...change })} />
    </FormDialog>
  );
}

function DraftFields({ parent, draft, onChange }: { parent: string; draft: Draft; onChange: (change: Partial<Draft>) => void }) {
  const t = useTexts();
  const { number } = useFormat();
  const { target, subTopic, clientId, qos, retain, encoding, payload } = draft;
  const bytes = encoding === 'base64' ? base64Bytes(payload) : textBytes(payload);
  return (
    <>
      <div class="form-row">
        <Segmented label={t.send.target} value={target} onChange={(value) => onChange({ target: value })} options={choices(t.send.targets)} />
        <Segmented label={t.send.qos} value={qos} onChange={(value) => onChange({ qos: value })} options={choices({ '0': '0', '1': '1', '2': '2' })} />
      </div>
      {target === 'subscribers'
        ? <TextField label={`${t.send.subTopic} (${t.common.optional})`} hint={`${t.send.whole}: ${wholeTopic(parent, draft)}`} value={subTopic} onInput={(value) => onChange({ subTopic: value })} mono placeholder="a/b" />
        : <TextField label={t.send.clientId} hint={t.send.clientIdHint} value={clientId} onInput={(value) => onChange({ clientId: value })} mono placeholder="GID_demo@@@device-1" />}
      <Segmented label={t.send.encoding} value={encoding} onChange={(value) => onChange({ encoding: value })} options={choices(t.send.encodings)} />
      <AreaField label={t.send.payload} value={payload} rows={6} onInput={(value) => onChange({ payload: value })} error={problemOf(draft, t.send)} hint={bytes === null ? undefined : t.send.size(number(bytes))} />
      {target === 'subscribers' && <CheckField label={t.send.retain} hint={t.send.retainHint} checked={retain} onChange={(checked) => onChange({ retain: checked })} />}
    </>
  );
}

function Sent({ message, onAnother, onClose }: { message: SentMessage; onAnother: () => void; onClose: () => void }) {
  const t = useTexts();
  const { number } = useFormat();
  const id = String(message.messageId);
  return (
    <Dialog wide heading={t.send.heading} onClose={onClose}>
      <div class="dialog-body">
        <div class="note note-ok" role="status"><Icon name="check" /><div><p class="note-title">{t.send.sent}</p><p>{t.send.sentHint}</p></div></div>
        <Facts facts={[
          { label: t.topics.messageId, value: <Copyable text={id} what={t.topics.messageId} />, wide: true },
          { label: t.common.topic, value: <code class="mono">{message.topic}</code>, wide: true },
          { label: t.send.qos, value: String(message.qos) },
          { label: t.common.size, value: t.send.size(number(message.payloadBytes)) },
        ]} />
      </div>
      <footer class="dialog-foot">
        <Button onClick={onAnother}>{t.send.another}</Button>
        <LinkButton href={href('message-trace', [id])}>{t.send.trace}</LinkButton>
        <Button kind="primary" onClick={onClose}>{t.common.close}</Button>
      </footer>
    </Dialog>
  );
}

function wholeTopic(parent: string, { subTopic }: Draft): string {
  const rest = subTopic.trim().replace(/^\/+/, '');
  return rest === '' ? parent : `${parent}/${rest}`;
}

/** JSON goes as it was typed: parsed and written anew it could lose digits. */
function bodyOf(parent: string, draft: Draft): object {
  const { target, clientId, qos, retain, encoding, payload } = draft;
  const what = { payload, encoding: encoding === 'base64' ? 'base64' : 'text', qos: Number(qos) as Qos };
  return target === 'client' ? { ...what, topic: parent, clientId: clientId.trim() } : { ...what, topic: wholeTopic(parent, draft), retain };
}

function problemOf({ encoding, payload }: Draft, texts: { badJson: (reason: string) => string; badBase64: string }): string | undefined {
  if (encoding === 'json' && payload !== '') {
    const problem = jsonProblem(payload);
    return problem === null ? undefined : texts.badJson(problem);
  }
  return encoding === 'base64' && base64Bytes(payload) === null ? texts.badBase64 : undefined;
}
