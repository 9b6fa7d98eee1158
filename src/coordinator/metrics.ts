/** What an operator can watch at /metrics (Prometheus text format). */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

export interface Metrics {
  readonly registry: Registry;
  readonly contributors: Gauge;
  readonly shards: Counter<'verdict'>;
  readonly leases: Counter<'event'>;
  readonly badPeers: Counter<'reason'>;
  readonly multiplyAdds: Counter;
  readonly shardSeconds: Histogram;
  readonly close: () => void;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    contributors: new Gauge({ name: 'tilework_contributors', help: 'Contributors connected now', registers }),
    shards: new Counter({
      name: 'tilework_shards_total',
      help: 'Shards judged, by verdict',
      labelNames: ['verdict'],
      registers,
    }),
    leases: new Counter({
      name: 'tilework_leases_total',
      help: 'Leases granted, and ended without a verified result, by event',
      labelNames: ['event'],
      registers,
    }),
    badPeers: new Counter({
      name: 'tilework_bad_peers_total',
      help: 'Connections closed for breaking the protocol, by error code',
      labelNames: ['reason'],
      registers,
    }),
    multiplyAdds: new Counter({
      name: 'tilework_verified_multiply_adds_total',
      help: 'Verified multiply-adds',
      registers,
    }),
    shardSeconds: new Histogram({
      name: 'tilework_shard_seconds',
      help: 'From lease to receipt',
      buckets: [0.5, 1, 2, 5, 10, 20, 40, 60, 120, 300, 900],
      registers,
    }),
    close: () => {
      registry.clear();
    },
  };
}
