/** What an operator can watch at /metrics (Prometheus text format), as it is counted: see metrics-watch.ts for the rest. */
import { Counter, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { Refusal } from './collect.ts';

export interface Metrics {
  readonly registry: Registry;
  readonly shards: Counter<'verdict'>;
  readonly rejected: Counter<'reason'>;
  readonly leases: Counter<'event'>;
  readonly badPeers: Counter<'reason'>;
  readonly multiplyAdds: Counter;
  readonly shardSeconds: Histogram;
  readonly leaseLatency: Histogram;
  readonly verifySeconds: Histogram<'kind'>;
  readonly close: () => void;
}

/** How Prometheus would have them: https://prometheus.io/docs/practices/naming/ */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const metrics: Metrics = {
    registry,
    shards: new Counter({
      name: 'tilework_shards_total',
      help: 'Shards judged, by verdict',
      labelNames: ['verdict'],
      registers,
    }),
    rejected: new Counter({
      name: 'tilework_rejected_shards_total',
      help: 'Shards that failed verification, by what was wrong with them',
      labelNames: ['reason'],
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
    leaseLatency: new Histogram({
      name: 'tilework_lease_latency_seconds',
      help: 'From the Ready of a contributor to the lease that answers it, where there is work for it',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
      registers,
    }),
    verifySeconds: new Histogram({
      name: 'tilework_verification_seconds',
      help: 'Tasks of the verification threads, waiting included, by kind',
      labelNames: ['kind'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
      registers,
    }),
    close: () => {
      registry.clear();
    },
  };
  // What has not happened yet is 0, not absent: a rate needs a beginning.
  for (const verdict of ['verified', 'rejected']) metrics.shards.inc({ verdict }, 0);
  for (const reason of REFUSALS) metrics.rejected.inc({ reason }, 0);
  for (const event of ['granted', 'expired', 'declined', 'cancelled']) metrics.leases.inc({ event }, 0);
  for (const kind of ['project', 'check', 'recompute']) metrics.verifySeconds.zero({ kind });
  return metrics;
}

const REFUSALS: readonly Refusal['kind'][] = [
  'length',
  'padding',
  'range',
  'non-finite',
  'mismatch',
  'shape',
  'manifest',
];
