/** One instance: what it is, where it is reached, what it uses of its spec, and its gateways. */
import type { Alarm } from '../api/observed-types';
import type { Endpoint, Gateway, Instance, Listener } from '../api/types';
import { LIVE_MS, SLOW_MS, useQuery } from '../api/use-query';
import { useApp, useFormat, useTexts } from '../app/context';
import { AlarmList, raisedOf } from '../components/alarm-list';
import { Copyable } from '../components/copy';
import { Ago, Badge, Card, Facts, Meter, Page, Time } from '../components/layout';
import { NotificationList } from '../components/notification-list';
import { Empty, Loaded } from '../components/states';
import { DataTable } from '../components/table';
import { stateOf } from './overview';

export function InstancePage() {
  const t = useTexts();
  const instance = useQuery<Instance>('/instance', LIVE_MS);
  return (
    <Page heading={instance.data?.name ?? t.instance.heading} intro={instance.data?.remark} live>
      <Loaded query={instance} rows={8}>{(data) => <Details instance={data} />}</Loaded>
    </Page>
  );
}

function Details({ instance }: { instance: Instance }) {
  const t = useTexts();
  const { session } = useApp();
  const alarms = useQuery<{ alarms: Alarm[] }>('/alarms', SLOW_MS);
  const { used, spec, alarmThresholds } = instance;
  const shown = alarms.data?.alarms ?? raisedOf(undefined, instance.alarms);
  return (
    <div class="columns">
      <Card heading={t.instance.statistics} hint={t.instance.statisticsHint}>
        <Meter label={t.instance.tps} value={used.tps} most={spec.tps} threshold={alarmThresholds.tps} />
        <Meter label={t.instance.connections} value={used.connections} most={spec.connections} threshold={alarmThresholds.connections} />
        <Meter label={t.instance.subscriptions} value={used.subscriptions} most={spec.subscriptions} threshold={alarmThresholds.subscriptions} />
        <StorageMeters instance={instance} />
        <p class="muted small">{instance.throttled ? t.instance.throttled : t.instance.notThrottled}</p>
      </Card>
      <Information instance={instance} />
      <EndpointsCard instance={instance} />
      <Card heading={t.instance.binding} {...(instance.binding && { hint: t.instance.bindingHint })}>
        {instance.binding ? (
          <Facts facts={[
            { label: t.instance.storage, value: instance.binding.storageName },
            { label: t.instance.storageId, value: <Copyable text={instance.binding.storageId} what={t.instance.storageId} />, wide: true },
            { label: t.instance.edition, value: t.instance.editions[instance.binding.storageEdition] ?? instance.binding.storageEdition },
            { label: t.instance.namespace, value: t.instance.namespaces[instance.binding.storageNamespace] ?? instance.binding.storageNamespace },
            { label: t.instance.region, value: instance.binding.storageRegion },
          ]} />
        ) : <p>{t.instance.directPush}</p>}
      </Card>
      <Card heading={t.instance.alarms}>{shown.length === 0 ? <Empty icon="check" title={t.instance.noAlarms} /> : <AlarmList alarms={shown} />}</Card>
      {session.main && <Card heading={t.instance.notifications} hint={t.instance.notificationsHint} class="wide" flush><NotificationList /></Card>}
      <GatewaysCard gateways={instance.gateways} />
    </div>
  );
}

function StorageMeters({ instance: { statistics, binding } }: { instance: Instance }) {
  const t = useTexts();
  const { bytes } = useFormat();
  if (binding === null) return null;
  return (
    <>
      <Meter label={t.instance.stored} value={statistics.storedMessages} most={statistics.storedMessagesLimit} />
      {statistics.storeBytes !== null && <Meter label={t.instance.storeBytes} value={statistics.storeBytes} most={statistics.storeBytesLimit} format={bytes} />}
    </>
  );
}

function Information({ instance }: { instance: Instance }) {
  const t = useTexts();
  const { number } = useFormat();
  const [tone, state] = stateOf(instance, t.overview);
  return (
    <Card heading={t.instance.information} actions={<Badge tone={tone}>{state}</Badge>}>
      <Facts facts={[
        { label: t.instance.id, value: <Copyable text={instance.instanceId} what={t.instance.id} />, wide: true },
        { label: t.instance.region, value: instance.region },
        { label: t.instance.edition, value: t.instance.editions[instance.edition] ?? instance.edition },
        { label: t.instance.billing, value: t.instance.billings[instance.billing] ?? instance.billing },
        { label: t.instance.expiry, value: <Expiry expiry={instance.expiry} /> },
        { label: t.instance.namespace, value: t.instance.namespaces[instance.namespace] ?? instance.namespace },
        { label: t.instance.protocols, value: instance.protocols.join(', ') },
        { label: t.instance.replicas, value: number(instance.replicas) },
        { label: t.instance.admission, value: <>{t.instance.admissions[instance.admission.mode] ?? instance.admission.mode}{instance.admission.anonymous && <> <Badge tone="warn">{t.instance.anonymous}</Badge></>}</> },
        { label: t.overview.topics, value: number(instance.statistics.topics) },
        { label: t.instance.groups, value: number(instance.statistics.groups) },
        { label: t.instance.revision, value: number(instance.documentsRevision) },
      ]} />
    </Card>
  );
}

const DAY_MS = 86_400_000;
const WARNED_DAYS = 7;

/** E7: a warning from 7 days before. */
function Expiry({ expiry }: { expiry: string | null }) {
  const t = useTexts();
  if (expiry === null) return <>{t.instance.never}</>;
  const at = Date.parse(expiry);
  const days = Math.ceil((at - Date.now()) / DAY_MS);
  return <><Time at={at} /> <Badge tone={days <= 0 ? 'danger' : days <= WARNED_DAYS ? 'warn' : 'quiet'}>{days <= 0 ? t.instance.expired : t.instance.expiresIn(days)}</Badge></>;
}

const LISTENERS: readonly Listener[] = ['tcp', 'tls', 'websocket', 'websocketTls', 'flash'];

function EndpointsCard({ instance: { endpoints } }: { instance: Instance }) {
  const t = useTexts();
  const rows = LISTENERS.filter((name) => endpoints.public[name] ?? endpoints.internal[name]);
  const cell = (endpoint: Endpoint | undefined, what: string) => endpoint && <div class="endpoint"><Copyable text={endpoint.address} what={`${what} ${endpoint.address}`} /><Copyable text={endpoint.url} what={endpoint.url} /></div>;
  return (
    <Card heading={t.instance.endpoints} hint={t.instance.endpointsHint} class="wide" flush>
      {rows.length === 0 ? <Empty title={t.instance.noEndpoints} /> : (
        <DataTable caption={t.instance.endpoints} rows={rows} keyOf={(name) => name} columns={[
          { key: 'name', label: t.common.type, head: true, cell: (name) => t.instance.listeners[name] },
          { key: 'public', label: t.instance.public, cell: (name) => cell(endpoints.public[name], t.instance.public) },
          { key: 'internal', label: t.instance.internal, cell: (name) => cell(endpoints.internal[name], t.instance.internal) },
        ]} />
      )}
    </Card>
  );
}

function GatewaysCard({ gateways }: { gateways: readonly Gateway[] }) {
  const t = useTexts();
  const { number } = useFormat();
  return (
    <Card heading={t.instance.gateways} class="wide" flush>
      {gateways.length === 0 ? <Empty title={t.instance.noGateways} /> : (
        <DataTable caption={t.instance.gateways} rows={gateways} keyOf={({ gatewayId }) => gatewayId} columns={[
          { key: 'id', label: t.instance.gateway, head: true, cell: ({ gatewayId }) => <code class="mono">{gatewayId}</code> },
          { key: 'state', label: t.common.state, cell: ({ ready }) => <Badge tone={ready ? 'ok' : 'danger'}>{ready ? t.instance.ready : t.instance.notReady}</Badge> },
          { key: 'replica', label: t.instance.replica, cell: ({ replica, worker }) => (worker === null ? replica : `${replica} · ${t.instance.worker} ${worker}`) },
          { key: 'started', label: t.instance.started, cell: ({ startedAt }) => <Ago at={startedAt} /> },
          { key: 'tps', label: t.instance.tps, figure: true, cell: ({ tps }) => number(tps) },
          { key: 'connections', label: t.instance.connections, figure: true, cell: ({ connections }) => number(connections) },
          { key: 'subscriptions', label: t.instance.subscriptions, figure: true, cell: ({ subscriptions }) => number(subscriptions) },
        ]} />
      )}
    </Card>
  );
}
