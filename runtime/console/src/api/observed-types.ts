/** What traces, reports, alarms and notifications answer. */

export interface StoredMessage { messageId: number; topic: string; type: string; qos: number; at: number; clientId: string | null; payload: string; payloadBytes: number }
export interface StoredMessagePage { messages: StoredMessage[]; next: number | null; position: number }

export interface Delivery { clientId: string; at: number; state: string; address?: string | null }
export interface MessageTrace {
  messageId: number | string; topic: string; qos: number; type: string;
  producer: { clientId?: string | null; address?: string | null; at: number; origin: string };
  size: number; stored: boolean; deliveries: Delivery[]; complete: boolean;
}
export interface TracedMessage { messageId: number | string; topic: string; qos?: number; type?: string; at?: number; clientId?: string | null; size?: number; producer?: { clientId?: string | null; at: number } }
export interface DeviceEvent { at: number; event: string; address: string | null; gatewayId: string; detail: unknown }
export interface OnlinePeriod { from: number; to: number | null; address: string | null; listener: string | null; gatewayId: string; reason: string | null }

export interface UsageSums { messages: number; bytes: number; weighted: number }
export interface UsedTopic extends UsageSums { topic: string; subTopic: string | null }
export interface UsagePoint { at: number; messages: number; bytes: number; tps: number }
export interface UsageReport { from: number; to: number; step: number; total: UsageSums; points: UsagePoint[]; topics: UsedTopic[] }
export interface ConnectionPoint { at: number; connections: number; subscriptions: number }
export interface ConnectionReport { from: number; to: number; step: number; points: ConnectionPoint[] }

export interface Alarm { id?: string; alarm: string; state: 'raised' | 'cleared'; since: number; until?: number | undefined; value: number; threshold: number; unit: string; message: string }
export interface Notification { id: string; event: string; at: number; state: 'delivered' | 'retrying' | 'failed'; attempts: number; lastError?: string | undefined }
