import { useState } from 'preact/hooks';
import { ask, segment } from '../api/client';
import type { Permission, RemovalPolicy, Topic, TopicType } from '../api/types';
import { useAction } from '../api/use-action';
import { useTexts } from '../app/context';
import { Confirm, FormDialog } from '../components/dialog';
import { choices, SelectField, TextField } from '../components/field';

export function CreateTopicDialog({ onClose, onDone }: { onClose: () => void; onDone: (name: string) => void }) {
  const t = useTexts();
  const [name, setName] = useState('');
  const [type, setType] = useState<TopicType>('normal');
  const [permission, setPermission] = useState<Permission>('publish-and-subscribe');
  const [removalPolicy, setRemovalPolicy] = useState<RemovalPolicy>('retain');
  const [remark, setRemark] = useState('');
  const create = useAction(() => ask<{ name: string }>('POST', '/topics', { name, type, permission, removalPolicy, remark }));
  const submit = async (): Promise<void> => {
    if (await create.run()) onDone(name);
  };
  return (
    <FormDialog heading={t.topics.create} action={create} submit={t.common.create} disabled={name === ''} onSubmit={() => void submit()} onClose={onClose}>
      <TextField label={t.common.name} hint={t.topics.nameHint} value={name} onInput={setName} mono />
      <div class="form-row">
        <SelectField label={t.common.type} value={type} onChange={setType} options={choices(t.topics.types)} />
        <SelectField label={t.topics.permission} value={permission} onChange={setPermission} options={choices(t.topics.permissions)} />
      </div>
      <SelectField label={t.topics.removal} value={removalPolicy} onChange={setRemovalPolicy} options={choices(t.topics.removals)} />
      <TextField label={`${t.common.remark} (${t.common.optional})`} hint={t.topics.remarkHint} value={remark} onInput={setRemark} />
    </FormDialog>
  );
}

export function DeleteTopicDialog({ topic, onClose, onDone }: { topic: Topic; onClose: () => void; onDone: () => void }) {
  const t = useTexts();
  const remove = useAction(() => ask<object>('DELETE', `/topics/${segment(topic.name)}`));
  const confirm = async (): Promise<void> => {
    if (await remove.run()) onDone();
  };
  return (
    <Confirm heading={t.topics.deleteHeading(topic.name)} action={remove} submit={t.common.delete} onConfirm={() => void confirm()} onClose={onClose}>
      <p>{t.topics.deleteText} {t.topics.deleteMessages[topic.removalPolicy]}</p>
    </Confirm>
  );
}
