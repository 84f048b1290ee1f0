import { StoreConfigurationError } from '../errors';
import type { Environment } from './environment';
import { KIND, kindKey } from './keys';

const LAYOUT = 3;
/** Without runs in the index: what is written from now on is not for a gateway that knows no more than this one. */
const LAYOUT_BEFORE = 2;

/** Inside a step: whose file it is. `again`: writes what is there already, to see whether writing works. */
export function identify({ state, directory }: Pick<Environment, 'state' | 'directory'>, storageId: string, again: boolean): void {
  const mine = { layout: LAYOUT, storageId };
  const found = state.getJson<typeof mine>(kindKey(KIND.identity));
  if (found === undefined || again) state.putJson(kindKey(KIND.identity), mine);
  else if (found.storageId !== mine.storageId) throw new StoreConfigurationError(`${directory} holds the storage ${found.storageId}, not ${mine.storageId}: name another directory`);
  else if (found.layout === LAYOUT_BEFORE) state.putJson(kindKey(KIND.identity), mine);
  else if (found.layout !== LAYOUT) throw new StoreConfigurationError(`${directory} has layout ${found.layout}, this gateway knows ${LAYOUT}: use the gateway's version that wrote it`);
}
