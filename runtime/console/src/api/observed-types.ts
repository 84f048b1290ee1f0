/** What traces, reports, alarms and notifications answer. */

export interface StoredMessage { messageId: number; topic: string; type: string; qos: number; at: number; clientId: string | null; payload: string; payloadBytes: number }
export interface StoredMessagePage { messages: StoredMessage[]; next: number | null; position: number }

export type DeliveryState = 'waiting' | 'sent' | 'received' | 'acknowledged';
export interface Delivery { clientId: string; state: DeliveryState; qos: number; sentAt: number | null; acknowledgedAt: number | null; address: string | null; gatewayId: string | null }
export interface Producer { clientId: string | null; at: number; origin: string }
export interface TracedMessage { messageId: number; topic: string; qos: number; type: string; size: number; stored: boolean; producer: Producer }
export interface MessageTrace extends TracedMessage { producer: Producer & { address: string | null }; deliveries: Delivery[]; complete: boolean }
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
