/** Every page: its name in the address, where it stands in the navigation, and what shows it. */
import type { ComponentType } from 'preact';
import type { IconName } from '../components/icon';
import type { Dictionary } from '../i18n/en';
import { InstancePage } from '../pages/instance';
import { OverviewPage } from '../pages/overview';
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
    ],
  },
];

export const PAGES: readonly PageEntry[] = PAGE_GROUPS.flatMap(({ pages }) => pages);
