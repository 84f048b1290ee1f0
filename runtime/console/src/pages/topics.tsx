/** Parent topics and what is stored of them. */
import { useState } from 'preact/hooks';
import type { Topic } from '../api/types';
import { LIVE_MS, useQuery } from '../api/use-query';
import { useApp, useFormat, useTexts } from '../app/context';
import type { PageProps } from '../app/pages';
import { href } from '../app/router';
import { Button, IconButton } from '../components/button';
import { TextField } from '../components/field';
import { Ago, Badge, Card, OriginBadge, Page } from '../components/layout';
import { Empty, Loaded } from '../components/states';
import { DataTable } from '../components/table';
import { CreateTopicDialog, DeleteTopicDialog } from './topic-dialogs';
import { TopicMessagesPage } from './topic-messages';
import { SendDialog } from './send-dialog';

type Open = { readonly what: 'create' } | { readonly what: 'delete' | 'send'; readonly topic: Topic };

const FILTER_FROM = 8;

export function TopicsPage({ route }: PageProps) {
  const [name] = route.rest;
  return name === undefined ? <TopicList /> : <TopicMessagesPage name={name} />;
}

function TopicList() {
  const t = useTexts();
  const { tell } = useApp();
  const query = useQuery<{ topics: Topic[] }>('/topics', LIVE_MS);
  const [open, setOpen] = useState<Open | null>(null);
  const [find, setFind] = useState('');
  const close = (): void => setOpen(null);
  const done = (text: string): void => { close(); tell(text); query.refresh(); };
  return (
    <Page heading={t.topics.heading} intro={t.topics.intro} live actions={<Button kind="primary" icon="plus" onClick={() => setOpen({ what: 'create' })}>{t.topics.create}</Button>}>
      <Card flush>
        <Loaded query={query}>
          {({ topics }) => (topics.length === 0 ? <Empty icon="topics" title={t.topics.empty} hint={t.topics.emptyHint} /> : (
            <>
              {topics.length >= FILTER_FROM && <div class="filters"><TextField label={t.topics.filter} type="search" value={find} onInput={setFind} /></div>}
              <TopicTable topics={topics.filter(({ name, remark }) => `${name} ${remark}`.toLowerCase().includes(find.toLowerCase()))} onOpen={setOpen} />
            </>
          ))}
        </Loaded>
      </Card>
      {open?.what === 'create' && <CreateTopicDialog onClose={close} onDone={(name) => done(t.topics.created(name))} />}
      {open?.what === 'delete' && <DeleteTopicDialog topic={open.topic} onClose={close} onDone={() => done(t.topics.deleted(open.topic.name))} />}
      {open?.what === 'send' && <SendDialog parent={open.topic.name} onClose={() => { close(); query.refresh(); }} />}
    </Page>
  );
}

function TopicTable({ topics, onOpen }: { topics: readonly Topic[]; onOpen: (open: Open) => void }) {
  const t = useTexts();
  const { session } = useApp();
  const { number, bytes } = useFormat();
  if (topics.length === 0) return <Empty icon="search" title={t.topics.noMatch} />;
  const deletable = ({ origin, account }: Topic): boolean => origin !== 'declared' && (session.main || account === session.account);
  return (
    <DataTable caption={t.topics.heading} rows={topics} keyOf={({ name }) => name} columns={[
      { key: 'name', label: t.common.name, head: true, cell: ({ name, remark }) => <><a href={href('topics', [name])}>{name}</a>{remark && <small class="muted block">{remark}</small>}</> },
      { key: 'type', label: t.common.type, cell: ({ type }) => <Badge tone={type === 'normal' ? 'quiet' : 'info'}>{t.topics.types[type]}</Badge> },
      { key: 'permission', label: t.topics.permission, cell: ({ permission }) => t.topics.permissions[permission] },
      { key: 'origin', label: t.common.origin, cell: ({ origin }) => <OriginBadge origin={origin} /> },
      { key: 'created', label: t.common.created, cell: ({ createdAt }) => (createdAt === null ? '' : <Ago at={createdAt} />) },
      { key: 'count', label: t.topics.storedCount, figure: true, cell: ({ storedMessages }) => number(storedMessages) },
      { key: 'size', label: t.topics.storedSize, figure: true, cell: ({ storedBytes }) => bytes(storedBytes) },
      {
        key: 'actions', label: t.common.actions, actions: true,
        cell: (topic) => (
          <>
            {topic.permission !== 'subscribe' && <Button small kind="quiet" icon="send" label={`${t.topics.send}: ${topic.name}`} onClick={() => onOpen({ what: 'send', topic })}>{t.topics.send}</Button>}
            {deletable(topic) && <IconButton icon="trash" label={`${t.common.delete}: ${topic.name}`} onClick={() => onOpen({ what: 'delete', topic })} />}
          </>
        ),
      },
    ]} />
  );
}
