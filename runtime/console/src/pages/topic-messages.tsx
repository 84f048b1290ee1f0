/** The stored messages of a parent topic, newest first. */
import { useState } from 'preact/hooks';
import { segment } from '../api/client';
import type { StoredMessage } from '../api/observed-types';
import { usePages } from '../api/use-pages';
import { useFormat, useTexts } from '../app/context';
import { href } from '../app/router';
import { Button } from '../components/button';
import { CopyButton } from '../components/copy';
import { TextField } from '../components/field';
import { Badge, Card, Page, Time } from '../components/layout';
import { Pager } from '../components/pager';
import { Empty, ErrorNote, Skeleton, Unavailable } from '../components/states';
import { showPayload } from '../format/payload';
import { SendDialog } from './send-dialog';

const PAGE = 50;

export function TopicMessagesPage({ name }: { name: string }) {
  const t = useTexts();
  const [typed, setTyped] = useState('');
  const [subTopic, setSubTopic] = useState('');
  const [sending, setSending] = useState(false);
  const pages = usePages<StoredMessage>(`/topics/${segment(name)}/messages`, { order: 'newest', limit: PAGE, subTopic: subTopic || undefined }, 'messages');
  const { items, error } = pages;
  return (
    <Page heading={t.topics.messagesHeading(name)} back={{ href: href('topics'), label: t.topics.heading }} actions={(
      <><Button icon="refresh" onClick={pages.refresh}>{t.common.refresh}</Button><Button kind="primary" icon="send" onClick={() => setSending(true)}>{t.topics.send}</Button></>
    )}>
      <Card flush>
        <form class="filters" onSubmit={(event) => { event.preventDefault(); setSubTopic(typed.trim().replace(/^\/+/, '')); }}>
          <TextField label={t.topics.subTopic} placeholder="a/+/#" type="search" mono value={typed} onInput={setTyped} />
          <Button type="submit" icon="search">{t.common.search}</Button>
        </form>
        {error?.isUnavailable ? <Unavailable /> : error && !items ? <ErrorNote error={error} onRetry={pages.refresh} /> : !items ? <Skeleton rows={5} />
          : items.length === 0 && !pages.more ? <Empty icon="topics" title={t.topics.messagesEmpty} hint={t.topics.messagesEmptyHint} />
          : <><ul class="messages">{items.map((message) => <Message key={message.messageId} message={message} />)}</ul><Pager pages={pages} /></>}
      </Card>
      {sending && <SendDialog parent={name} onClose={() => { setSending(false); pages.refresh(); }} />}
    </Page>
  );
}

function Message({ message }: { message: StoredMessage }) {
  const t = useTexts();
  const { number } = useFormat();
  const { text, kind } = showPayload(message.payload);
  const id = String(message.messageId);
  return (
    <li class="message">
      <div class="message-head">
        <code class="mono wrap-anywhere">{message.topic}</code>
        <span class="badges">
          <Badge tone="quiet">QoS {message.qos}</Badge>
          {message.type === 'p2p' && <Badge tone="info">{t.traces.types['p2p']}</Badge>}
          {kind === 'base64' && <Badge tone="quiet" title={t.topics.binary}>Base64</Badge>}
          {kind === 'json' && <Badge tone="quiet">JSON</Badge>}
        </span>
      </div>
      {text !== '' && <pre tabIndex={0} aria-label={t.topics.payload}>{text}</pre>}
      <p class="message-foot muted small">
        <span><Time at={message.at} /></span>
        <span>{t.topics.bytes(number(message.payloadBytes))}</span>
        {message.clientId && <span>{t.topics.sender}: <a class="mono" href={href('clients', [message.clientId])}>{message.clientId}</a></span>}
        <span>{t.topics.messageId}: <a class="mono" href={href('message-trace', [id])}>{id}</a><CopyButton text={id} what={t.topics.messageId} /></span>
      </p>
    </li>
  );
}
