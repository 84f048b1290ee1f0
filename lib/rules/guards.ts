/** Sentences of the plan errors (B1, L3). `${was}` and `${now}` are replaced by expressions of the two values. */
import { sentence } from './finding';

const WAS = '${was}';
const NOW = '${now}';

export function bindingChanged(instanceId: string): string {
  return sentence({
    rule: 'B1', subject: `binding of MQTT instance ${instanceId}`, got: `storage ${NOW}`, allowed: `storage ${WAS}: a binding never changes`,
    fix: `bind it to ${WAS} again, or declare an MqttInstance with another instanceId for ${NOW}`,
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
