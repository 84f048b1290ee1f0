import { useState } from 'preact/hooks';
import type { Instance, Listener, Topic } from '../api/types';
import { useQuery } from '../api/use-query';
import { useTexts } from '../app/context';
import { href } from '../app/router';
import { CodeBlock } from '../components/copy';
import { Segmented } from '../components/field';
import { Card, Page } from '../components/layout';
import { Loaded } from '../components/states';
import { SAMPLE_LANGUAGES, sampleOf, type SampleLanguage } from '../samples/samples';

/** Plain ones first: a program needs no certificate for them. */
const LISTENERS: readonly Listener[] = ['tcp', 'tls', 'websocket', 'websocketTls'];

export function SamplesPage({ group }: { group: string }) {
  const t = useTexts();
  const instance = useQuery<Instance>('/instance');
  const topics = useQuery<{ topics: Topic[] }>('/topics');
  return (
    <Page heading={t.groups.samplesHeading(group)} intro={t.groups.samplesIntro} back={{ href: href('groups'), label: t.groups.heading }}>
      <Loaded query={instance} rows={10}>{(data) => <Samples instance={data} group={group} topics={topics.data?.topics} />}</Loaded>
    </Page>
  );
}

function Samples({ instance, group, topics }: { instance: Instance; group: string; topics: readonly Topic[] | undefined }) {
  const t = useTexts();
  const [language, setLanguage] = useState<SampleLanguage>('node');
  const usable = topics?.find(({ permission }) => permission === 'publish-and-subscribe');
  const listener = LISTENERS.find((name) => instance.endpoints.public[name]);
  const { url = 'mqtt://127.0.0.1:1883' } = (listener && instance.endpoints.public[listener]) ?? {};
  const sample = sampleOf(language, { url, instanceId: instance.instanceId, group, topic: usable?.name ?? 'topic' });
  return (
    <Card class="stack">
      <Segmented hideLabel label={t.groups.samples} value={language} onChange={setLanguage} options={SAMPLE_LANGUAGES.map((value) => ({ value, label: sampleOf(value, { url, instanceId: '', group: '', topic: '' }).label }))} />
      {topics && !usable && <p class="note note-info">{t.groups.noTopic}</p>}
      <div class="stack-tight"><h2>{t.groups.install}</h2><CodeBlock text={sample.install} what={t.groups.install} /></div>
      <div class="stack-tight"><h2>{sample.file}</h2><CodeBlock text={sample.code} what={sample.file} /></div>
      <div class="stack-tight"><h2>{t.groups.run}</h2><CodeBlock text={`export MQTTGW_KEY_ID=… MQTTGW_KEY_SECRET=…\n${sample.run}`} what={t.groups.run} /></div>
    </Card>
  );
}
