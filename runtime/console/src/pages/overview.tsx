/** The region: its instances, how this one does, quota and use (L1, L2). */
import { LIVE_MS, SLOW_MS, useQuery } from '../api/use-query';
import type { Alarm } from '../api/observed-types';
import type { Instance, OnlineCounts } from '../api/types';
import { useFormat, useTexts } from '../app/context';
import { href } from '../app/router';
import { AlarmList, raisedOf } from '../components/alarm-list';
import { Badge, Card, Meter, Page, Stat, type Tone } from '../components/layout';
import { Empty, Loaded } from '../components/states';

export function OverviewPage() {
  const t = useTexts();
  const instance = useQuery<Instance>('/instance', LIVE_MS);
  return (
    <Page heading={t.overview.heading} intro={instance.data && t.overview.intro(instance.data.region)} live>
      <Loaded query={instance} rows={6}>{(data) => <Overview instance={data} />}</Loaded>
    </Page>
  );
}

function Overview({ instance }: { instance: Instance }) {
  const t = useTexts();
  const { number, bytes } = useFormat();
  const online = useQuery<OnlineCounts>('/online', LIVE_MS);
  const alarms = useQuery<{ alarms: Alarm[] }>('/alarms', SLOW_MS);
  const { statistics, quota } = instance;
  const raised = raisedOf(alarms.data?.alarms, instance.alarms);
  const busiest = [...(online.data?.groups ?? [])].filter((group) => group.online > 0).sort((a, b) => b.online - a.online).slice(0, 5);
  return (
    <>
      <div class="stats">
        <Stat label={t.overview.online} value={online.data ? number(online.data.total) : '–'} href={href('clients', [], { by: 'group' })} hint={t.overview.gatewaysReady(instance.gateways.filter(({ ready }) => ready).length, instance.gateways.length)} />
        <Stat label={t.instance.tps} value={number(instance.used.tps)} hint={t.common.of(number(instance.used.tps), number(instance.spec.tps))} href={href('reports')} />
        <Stat label={t.overview.stored} value={number(statistics.storedMessages)} hint={bytes(statistics.payloadBytes)} href={href('topics')} />
        <Stat label={t.overview.alarms} value={number(raised.length)} hint={raised.length === 0 ? t.overview.noAlarms : undefined} href={href('instance')} />
      </div>
      <div class="columns">
        <Card heading={t.overview.instances}>
          <ul class="instances">
            <InstanceRow instance={instance} alarms={raised.length} />
            {instance.siblings.map(({ instanceId, name, edition, consoleUrl, state, alarms: count }) => (
              <li key={instanceId}>
                <div class="instance-row"><span><b>{name}</b><small class="mono muted">{instanceId}</small></span>
                  <span class="badges"><Badge tone={TONES[state] ?? 'quiet'} title={state === 'unknown' ? t.overview.unknownHint : undefined}>{t.overview.states[state] ?? t.overview.states['unknown']}</Badge>{count !== null && count > 0 && <Badge tone="danger">{t.overview.alarmCount(count)}</Badge>}<Badge tone="quiet">{t.instance.editions[edition] ?? edition}</Badge></span>
                </div>
                <p class="muted small">{isWebAddress(consoleUrl) ? <a href={consoleUrl} rel="noreferrer">{t.overview.open}</a> : t.overview.noConsole}</p>
              </li>
            ))}
          </ul>
        </Card>
        <Card heading={t.overview.quota} hint={t.overview.quotaHint}>
          <Meter label={t.overview.mqttInstances} value={quota.mqttInstances.used} most={quota.mqttInstances.quota} />
          <Meter label={t.overview.standardStorage} value={quota.standardStorage.used} most={quota.standardStorage.quota} />
          <Meter label={t.overview.platinumStorage} value={quota.platinumStorage.used} most={quota.platinumStorage.quota} />
        </Card>
        <Card heading={t.overview.alarms}>{raised.length === 0 ? <Empty icon="check" title={t.overview.noAlarms} /> : <AlarmList alarms={raised} />}</Card>
        <Card heading={t.overview.busiest}>
          {busiest.length === 0 ? <Empty icon="clients" title={t.overview.noneOnline} /> : (
            <ul class="ranked">{busiest.map((group) => <li key={group.name}><a href={href('clients', [], { by: 'group', group: group.name })}>{group.name}</a><b>{number(group.online)}</b></li>)}</ul>
          )}
        </Card>
      </div>
    </>
  );
}

function InstanceRow({ instance, alarms }: { instance: Instance; alarms: number }) {
  const t = useTexts();
  const { used, spec, alarmThresholds } = instance;
  const [tone, state] = stateOf(instance, t.overview);
  return (
    <li class="instance-this">
      <div class="instance-row">
        <span><a href={href('instance')}><b>{instance.name}</b></a><small class="mono muted">{instance.instanceId}</small></span>
        <span class="badges"><Badge tone={tone}>{state}</Badge>{alarms > 0 && <Badge tone="danger">{t.overview.alarmCount(alarms)}</Badge>}<Badge tone="quiet">{t.instance.editions[instance.edition] ?? instance.edition}</Badge></span>
      </div>
      <Meter label={t.instance.tps} value={used.tps} most={spec.tps} threshold={alarmThresholds.tps} />
      <Meter label={t.instance.connections} value={used.connections} most={spec.connections} threshold={alarmThresholds.connections} />
      <Meter label={t.instance.subscriptions} value={used.subscriptions} most={spec.subscriptions} threshold={alarmThresholds.subscriptions} />
    </li>
  );
}

const TONES: { readonly [state: string]: Tone | undefined } = { running: 'ok', degraded: 'warn', down: 'danger' };

export function stateOf({ gateways }: Instance, { states }: { states: { readonly [state: string]: string } }): [Tone, string] {
  const ready = gateways.filter((gateway) => gateway.ready).length;
  const state = ready === 0 ? 'down' : ready < gateways.length ? 'degraded' : 'running';
  return [TONES[state]!, states[state]!];
}

/** An address comes from a declaration: only one that leads to a page becomes a link. */
function isWebAddress(url: string | null): url is string {
  return url !== null && /^https?:\/\//i.test(url);
}
