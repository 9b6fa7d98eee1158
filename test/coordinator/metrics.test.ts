/** /metrics as Prometheus reads it, after a network has worked; and the dashboard, which names nothing else. */
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { product, submit } from '../helpers/product.ts';
import { Rogue } from '../helpers/rogue.ts';
import { coordinatorForFile } from './http-client.ts';

const home = coordinatorForFile();
const WANTED = product('i8', 512, 256, 16);

interface Family {
  readonly help: string;
  readonly type: string;
  readonly samples: { readonly name: string; readonly labels: string; readonly value: number }[];
}

const LABELS = /^(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*"(?:,|$))*$/;

/** The text format 0.0.4, strictly: https://prometheus.io/docs/instrumenting/exposition_formats/ */
function parsed(text: string): Map<string, Family> {
  const families = new Map<string, Family>();
  const helps = new Map<string, string>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, word, name = '', rest = ''] = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) (.+)$/.exec(line) ?? [];
    if (word === 'HELP') helps.set(name, rest);
    else if (word === 'TYPE') families.set(name, { help: helps.get(name) ?? '', type: rest, samples: [] });
    else {
      const sample = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)( \d+)?$/.exec(line);
      if (!sample) throw new Error(`no line of the text format: ${line}`);
      const [, full = '', labels = '', value = ''] = sample;
      if (!LABELS.test(labels)) throw new Error(`odd labels: ${line}`);
      // Go's ParseFloat, which Prometheus reads it with, takes any case; prom-client writes Nan.
      if (value.toLowerCase() !== 'nan' && Number.isNaN(Number(value.replace('+Inf', 'Infinity'))))
        throw new Error(`no number: ${line}`);
      const family = families.get(full) ?? families.get(full.replace(/_(bucket|sum|count)$/, ''));
      if (!family) throw new Error(`of no family: ${line}`);
      family.samples.push({ name: full, labels, value: Number(value) });
    }
  }
  return families;
}

let families = new Map<string, Family>();
const value = (name: string, labels = ''): number | undefined =>
  families.get(name)?.samples.find((each) => each.name === name && each.labels === labels)?.value;

beforeAll(async () => {
  await submit(home(), WANTED);
  const ann = await Rogue.join(home().peerAddresses, { product: WANTED, hello: { resultBytes: 0 } });
  await ann.workHonestly();
  const lease = await ann.lease();
  await ann.commit(lease, await ann.answer(lease, { tamper: ([block]) => void (block![0]! ^= 1) }));
  await ann.next('self-test');
  const scrape = async (): Promise<Map<string, Family>> =>
    parsed(await (await fetch(`${home().url}/metrics`)).text());
  families = await scrape();
  // Blocks are counted in the background, from the first question on.
  while (value('tilework_blocks') === undefined) families = await scrape();
  await ann.leave();
});

describe('what Prometheus reads', () => {
  it('counts what has happened', () => {
    expect(value('tilework_contributors')).toBe(1);
    expect(value('tilework_shards_total', 'verdict="verified"')).toBe(1);
    expect(value('tilework_shards_total', 'verdict="rejected"')).toBe(1);
    expect(value('tilework_rejected_shards_total', 'reason="mismatch"')).toBe(1);
    expect(value('tilework_rejected_shards_total', 'reason="shape"')).toBe(0);
    expect(value('tilework_leases_total', 'event="granted"')).toBe(2);
    expect(value('tilework_open_leases', 'state="computing"')).toBe(0);
    expect(value('tilework_jobs', 'state="running"')).toBe(1);
    expect(value('tilework_verified_multiply_adds_total')).toBe(256 * 256 * 16);
    expect(value('tilework_log_leaves')).toBe(1);
    expect(value('tilework_ledger_issued_credits')).toBeGreaterThan(0);
    expect(value('tilework_block_bytes_total', 'direction="received"')).toBeGreaterThan(64 * 1024);
    expect(value('tilework_blocks')).toBeGreaterThan(1);
    expect(value('tilework_disk_free_bytes')).toBeGreaterThan(0);
    const count = (name: string): number =>
      families
        .get(name)!
        .samples.filter((each) => each.name === `${name}_count`)
        .reduce((sum, each) => sum + each.value, 0);
    expect(count('tilework_lease_latency_seconds')).toBe(2);
    expect(count('tilework_verification_seconds')).toBeGreaterThanOrEqual(3);
  });

  it('keeps to Prometheus’ conventions', () => {
    for (const [name, { help, type, samples }] of families) {
      expect([name, help]).not.toEqual([name, '']);
      const keys = samples.map((each) => `${each.name}{${each.labels}}`);
      expect(Array.from(new Set(keys))).toEqual(keys);
      // Those of prom-client itself have their own ways.
      if (!name.startsWith('tilework_')) continue;
      expect(['counter', 'gauge', 'histogram', 'summary']).toContain(type);
      expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
      expect(name).not.toMatch(/_(ms|milliseconds|kb|mb|percent)(_|$)/);
    }
  });

  it('names no contributor and no address', () => {
    const labels = Array.from(families.values(), ({ samples }) => samples.map((each) => each.labels)).flat();
    expect(labels.filter((text) => /12D3KooW|\d+\.\d+\.\d+\.\d+/.test(text))).toEqual([]);
  });
});

describe('the Grafana dashboard', () => {
  it('asks for nothing that /metrics does not have', async () => {
    const path = new URL('../../src/coordinator/grafana.json', import.meta.url);
    const dashboard = JSON.parse(await readFile(path, 'utf8')) as {
      readonly panels: readonly { readonly title: string; readonly targets?: readonly { expr: string }[] }[];
    };
    const asked = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    expect(asked.length).toBeGreaterThan(20);
    const named = asked.flatMap((expr) => expr.match(/\b(?:tilework|process|nodejs)_\w+/g) ?? []);
    const known = new Set(
      Array.from(families.values(), ({ samples }) => samples.map(({ name }) => name)).flat(),
    );
    // Counted by error code, of which none has come up here.
    known.add('tilework_bad_peers_total');
    expect(named.filter((name) => !known.has(name))).toEqual([]);
    const own = Array.from(families.keys()).filter((name) => name.startsWith('tilework_'));
    expect(own.filter((name) => !named.some((each) => each.startsWith(name)))).toEqual([]);
  });
});
