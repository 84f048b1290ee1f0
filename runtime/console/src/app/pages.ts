/** Every page: its name in the address, where it stands in the navigation, and what shows it. */
import type { ComponentType } from 'preact';
import type { IconName } from '../components/icon';
import type { Dictionary } from '../i18n/en';
import { ClientsPage } from '../pages/clients';
import { DeviceTracePage } from '../pages/device-trace';
import { DevicesPage } from '../pages/devices';
import { GroupsPage } from '../pages/groups';
import { InstancePage } from '../pages/instance';
import { MessageTracePage } from '../pages/message-trace';
import { OverviewPage } from '../pages/overview';
import { ReportsPage } from '../pages/reports';
import { SignaturePage } from '../pages/signature';
import { TokensPage } from '../pages/tokens';
import { TopicsPage } from '../pages/topics';
import type { Route } from './router';

export interface PageProps { readonly route: Route }

export interface PageEntry {
  readonly page: string;
  readonly icon: IconName;
  readonly label: (t: Dictionary) => string;
  readonly component: ComponentType<PageProps>;
}

export interface PageGroup { readonly label: (t: Dictionary) => string; readonly pages: readonly PageEntry[] }

export const PAGE_GROUPS: readonly PageGroup[] = [
  {
    label: (t) => t.nav.observe,
    pages: [
      { page: 'overview', icon: 'overview', label: (t) => t.nav.overview, component: OverviewPage },
      { page: 'instance', icon: 'instance', label: (t) => t.nav.instance, component: InstancePage },
      { page: 'reports', icon: 'reports', label: (t) => t.nav.reports, component: ReportsPage },
    ],
  },
  {
    label: (t) => t.nav.messaging,
    pages: [
      { page: 'topics', icon: 'topics', label: (t) => t.nav.topics, component: TopicsPage },
      { page: 'message-trace', icon: 'trace', label: (t) => t.nav.messageTrace, component: MessageTracePage },
    ],
  },
  {
    label: (t) => t.nav.access,
    pages: [
      { page: 'groups', icon: 'groups', label: (t) => t.nav.groups, component: GroupsPage },
      { page: 'clients', icon: 'clients', label: (t) => t.nav.clients, component: ClientsPage },
      { page: 'device-trace', icon: 'device', label: (t) => t.nav.deviceTrace, component: DeviceTracePage },
      { page: 'signature', icon: 'signature', label: (t) => t.nav.signature, component: SignaturePage },
      { page: 'tokens', icon: 'tokens', label: (t) => t.nav.tokens, component: TokensPage },
      { page: 'devices', icon: 'credential', label: (t) => t.nav.devices, component: DevicesPage },
    ],
  },
];

export const PAGES: readonly PageEntry[] = PAGE_GROUPS.flatMap(({ pages }) => pages);
