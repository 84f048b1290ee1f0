/** Sentences of the plan errors (B1, L3). `${was}` and `${now}` are replaced by expressions of the two values. */
import { sentence } from './finding';

const WAS = '${was}';
const NOW = '${now}';

/** The first value of a guard, in Terraform's state: without it the guard takes the value that is declared now. */
export const keptValue = (kind: 'mqtt' | 'region', name: string, id: string): string => `${kind}_${name}_kept_${id}`;

const forget = (kept: string): string => `take what is kept out of the state, terraform state rm terraform_data.${kept}, and deploy again`;

export function bindingChanged(instanceId: string): string {
  return sentence({
    rule: 'B1', subject: `binding of MQTT instance ${instanceId}`, got: `storage ${NOW}`, allowed: `storage ${WAS}: a binding never changes`,
    fix: `bind it to ${WAS} again; a storage that was renamed or moved in the program counts as another one, unless it is given storageId: '${WAS}'; `
      + `or declare an MqttInstance with another instanceId for ${NOW}`,
  });
}

export function boundEditionChanged(instanceId: string): string {
  return boundStorageChanged(instanceId, 'edition');
}

export function boundNamespaceChanged(instanceId: string): string {
  return boundStorageChanged(instanceId, 'namespace');
}

function boundStorageChanged(instanceId: string, what: string): string {
  return sentence({
    rule: 'B1', subject: `${what} of the storage that MQTT instance ${instanceId} is bound to`, got: NOW, allowed: `${WAS}: what is bound never changes`,
    fix: `declare it ${WAS} again, or declare an MqttInstance with another instanceId and bind it to a storage that is ${NOW}`,
  });
}

export function boundStoreChanged(instanceId: string): string {
  return sentence({
    rule: 'B1', subject: `URL of the store that MQTT instance ${instanceId} is bound to`, got: NOW, allowed: `${WAS}: what is bound never changes`,
    fix: `give ${WAS} again, or declare an MqttInstance with another instanceId for a storage in the other store; `
      + `if it is the same store under another address, ${forget(keptValue('mqtt', 'store', instanceId))}`,
  });
}

/** Direct push (B6) where a storage was bound. */
export function directPushDeclared(instanceId: string): string {
  return sentence({
    rule: 'B1', subject: `binding of MQTT instance ${instanceId}`, got: NOW, allowed: `storage ${WAS}: a binding never changes`,
    fix: `bind it to ${WAS} again, or declare an MqttInstance with another instanceId for direct push`,
  });
}

export function regionChanged(instanceId: string): string {
  return sentence({
    rule: 'L3', subject: `region of MQTT instance ${instanceId}`, got: NOW, allowed: `${WAS}: a region never changes`,
    fix: `declare it in ${WAS} again, or declare an MqttInstance with another instanceId in ${NOW}`,
  });
}

export function hostChanged(regionId: string): string {
  return sentence({
    rule: 'L3', subject: `host of region ${regionId}`, got: NOW, allowed: `${WAS}: a region never changes while something lives in it`,
    fix: `give its Region the host ${WAS} again, or declare a Region with another regionId on ${NOW}; `
      + `if it is the same host under another address, ${forget(keptValue('region', 'host', regionId.toLowerCase()))}`,
  });
}
