/** A metric whose samples are read when somebody scrapes. prom-client's own keep values, which would have to be set beside ours. */
import type { Registry } from 'prom-client';

/** With what a histogram appends to its name. */
export type Sample = readonly [labels: { readonly [name: string]: string | number }, value: number, suffix?: string];

export function family(registry: Registry, type: 'gauge' | 'counter' | 'histogram', shortName: string, help: string, read: () => Sample[] | Promise<Sample[]>): void {
  const name = `mqttgw_${shortName}`;
  const metric = {
    name, help, type, aggregator: 'sum',
    async get() {
      const samples = await read();
      return { name, help, type, aggregator: 'sum', values: samples.map(([labels, value, suffix = '']) => ({ labels, value, metricName: name + suffix })) };
    },
  };
  registry.registerMetric(metric as never);
}
