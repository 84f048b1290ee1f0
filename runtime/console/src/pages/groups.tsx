/** Groups: who may connect, how many do, and how a program does it. */
import { useState } from 'preact/hooks';
import { ask, segment } from '../api/client';
import type { Group } from '../api/types';
import { useAction } from '../api/use-action';
import { LIVE_MS, useQuery } from '../api/use-query';
import { useApp, useFormat, useTexts } from '../app/context';
import type { PageProps } from '../app/pages';
import { href } from '../app/router';
import { Button, IconButton, LinkButton } from '../components/button';
import { Confirm, FormDialog } from '../components/dialog';
import { TextField } from '../components/field';
import { Ago, Badge, Card, OriginBadge, Page } from '../components/layout';
import { Empty, Loaded } from '../components/states';
import { DataTable } from '../components/table';
import { SamplesPage } from './samples';

export function GroupsPage({ route }: PageProps) {
  const [name] = route.rest;
  return name === undefined ? <GroupList /> : <SamplesPage group={name} />;
}

function GroupList() {
  const t = useTexts();
  const { tell } = useApp();
  const query = useQuery<{ groups: Group[] }>('/groups', LIVE_MS);
  const [creating, setCreating] = useState(false);
  const [deleting, setDeleting] = useState<Group | null>(null);
  return (
    <Page heading={t.groups.heading} intro={t.groups.intro} live actions={<Button kind="primary" icon="plus" onClick={() => setCreating(true)}>{t.groups.create}</Button>}>
      <Card flush>
        <Loaded query={query}>
          {({ groups }) => (groups.length === 0 ? <Empty icon="groups" title={t.groups.empty} hint={t.groups.emptyHint} /> : <GroupTable groups={groups} onDelete={setDeleting} />)}
        </Loaded>
      </Card>
      {creating && <CreateGroupDialog onClose={() => setCreating(false)} onDone={(name) => { setCreating(false); tell(t.groups.created(name)); query.refresh(); }} />}
      {deleting && <DeleteGroupDialog group={deleting} onClose={() => setDeleting(null)} onDone={() => { setDeleting(null); tell(t.groups.deleted(deleting.name)); query.refresh(); }} />}
    </Page>
  );
}

function GroupTable({ groups, onDelete }: { groups: readonly Group[]; onDelete: (group: Group) => void }) {
  const t = useTexts();
  const { number } = useFormat();
  return (
    <DataTable caption={t.groups.heading} rows={groups} keyOf={({ name }) => name} columns={[
      { key: 'name', label: t.common.groupId, head: true, cell: ({ name, remark }) => <><a href={href('clients', [], { by: 'group', group: name })}>{name}</a>{remark && <small class="muted block">{remark}</small>}</> },
      { key: 'state', label: t.common.state, cell: ({ online }) => <Badge tone={online > 0 ? 'ok' : 'quiet'}>{online > 0 ? t.groups.active : t.groups.idle}</Badge> },
      { key: 'online', label: t.groups.online, figure: true, cell: ({ online }) => number(online) },
      { key: 'account', label: t.common.account, cell: ({ account }) => account },
      { key: 'origin', label: t.common.origin, cell: ({ origin }) => <OriginBadge origin={origin} /> },
      { key: 'created', label: t.common.created, cell: ({ createdAt }) => (createdAt === null ? '' : <Ago at={createdAt} />) },
      {
        key: 'actions', label: t.common.actions, actions: true,
        cell: (group) => (
          <>
            <LinkButton small kind="quiet" icon="code" href={href('groups', [group.name])} label={`${t.groups.samples}: ${group.name}`}>{t.groups.samples}</LinkButton>
            <LinkButton small kind="quiet" icon="clients" href={href('clients', [], { by: 'group', group: group.name })} label={`${t.groups.connections}: ${group.name}`}>{t.groups.connections}</LinkButton>
            {group.origin === 'api' && <IconButton icon="trash" label={`${t.common.delete}: ${group.name}`} onClick={() => onDelete(group)} />}
          </>
        ),
      },
    ]} />
  );
}

function CreateGroupDialog({ onClose, onDone }: { onClose: () => void; onDone: (name: string) => void }) {
  const t = useTexts();
  const [name, setName] = useState('GID_');
  const [remark, setRemark] = useState('');
  const create = useAction(() => ask<Group>('POST', '/groups', { name, remark }));
  const submit = async (): Promise<void> => {
    if (await create.run()) onDone(name);
  };
  return (
    <FormDialog heading={t.groups.create} action={create} submit={t.common.create} disabled={name === ''} onSubmit={() => void submit()} onClose={onClose}>
      <TextField label={t.common.groupId} hint={t.groups.nameHint} value={name} onInput={setName} mono />
      <TextField label={`${t.common.remark} (${t.common.optional})`} hint={t.topics.remarkHint} value={remark} onInput={setRemark} />
    </FormDialog>
  );
}

function DeleteGroupDialog({ group, onClose, onDone }: { group: Group; onClose: () => void; onDone: () => void }) {
  const t = useTexts();
  const remove = useAction(() => ask<object>('DELETE', `/groups/${segment(group.name)}`));
  const confirm = async (): Promise<void> => {
    if (await remove.run()) onDone();
  };
  return <Confirm heading={t.groups.deleteHeading(group.name)} action={remove} submit={t.common.delete} onConfirm={() => void confirm()} onClose={onClose}><p>{t.groups.deleteText}</p></Confirm>;
}
