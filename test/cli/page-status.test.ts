/** What a headless contributor tells about its page. */
import { describe, expect, it } from 'vitest';
import { Tally, pageAddress } from '../../src/cli/contribute.ts';
import { type PageStatus, failureOf, isWorthARestart, statusLine } from '../../src/cli/page-status.ts';

const status = (change: Partial<PageStatus>): PageStatus => ({
  sentence: 'Computing a shard for “digits”.',
  stage: 'computing',
  shards: 12,
  microcredits: '3000',
  problem: undefined,
  notice: undefined,
  ...change,
});

describe('the status of a page', () => {
  it('is its own sentence with shards and credit', () => {
    expect(statusLine(status({}))).toBe('Computing a shard for “digits” — 12 shards, 0.003000 credit');
    expect(statusLine(status({ shards: 1, microcredits: '90071992547409931' }))).toContain(
      '1 shard, 90071992547.409931 credit',
    );
  });

  it('is no failure while the page goes on by itself', () => {
    expect(failureOf(status({}))).toBeUndefined();
    expect(failureOf(status({ stage: 'connecting', problem: 'unreachable' }))).toBeUndefined();
    expect(failureOf(status({ stage: 'stopped' }))).toBeUndefined();
  });

  it('names the flag where only a software adapter is there', () => {
    const failure = failureOf(status({ stage: 'failed', problem: 'software-adapter' }))!;
    expect(failure.code).toBe('software-adapter');
    expect(failure.message).toContain('--allow-software');
    expect(isWorthARestart(failure)).toBe(false);
  });

  it('is a failure before the click where the page cannot start', () => {
    const notice = 'No WebGPU here. Chrome has it.';
    expect(failureOf(status({ stage: 'stopped', problem: 'no-webgpu', notice }))).toMatchObject({
      code: 'no-webgpu',
      message: notice,
    });
    expect(failureOf(status({ stage: 'stopped', problem: 'insecure' }))).toMatchObject({ code: 'no-webgpu' });
  });

  it('is worth a fresh page where that may help', () => {
    const lost = failureOf(status({ stage: 'failed', problem: 'gpu-lost', sentence: 'The GPU was lost.' }))!;
    expect(lost.message).toBe('The GPU was lost.');
    expect(isWorthARestart(lost)).toBe(true);
    expect(isWorthARestart(failureOf(status({ stage: 'failed', problem: 'gpu-wrong' }))!)).toBe(false);
  });
});

describe('what all tabs earned', () => {
  it('is counted across pages that crashed and were opened again', () => {
    const tally = new Tally();
    expect(tally.text).toBe('0 verified shards, 0.000000 credit');
    tally.add(1, status({ shards: 0, microcredits: '0' }));
    tally.add(1, status({ shards: 3, microcredits: '300' }));
    tally.add(2, status({ shards: 1, microcredits: '50' }));
    tally.add(1, status({ shards: 0, microcredits: '0' }));
    tally.add(1, status({ shards: 2, microcredits: '200' }));
    tally.add(1, status({ shards: 2, microcredits: '200' }));
    expect(tally.text).toBe('6 verified shards, 0.000550 credit');
  });
});

describe('the address of a page', () => {
  it('asks for the software adapter only when told to', () => {
    expect(pageAddress('http://127.0.0.1:8080', { allowSoftware: false })).toBe(
      'http://127.0.0.1:8080/?intensity=100',
    );
    expect(pageAddress('https://a.org/grid?memory=64', { allowSoftware: true })).toBe(
      'https://a.org/grid?memory=64&software=allow&intensity=100',
    );
  });

  it('asks for all of the GPU unless the address or the caller says otherwise', () => {
    const ask = (text: string, intensity?: number): string =>
      pageAddress(text, { allowSoftware: false, intensity });
    expect(ask('http://127.0.0.1:8080', 50)).toBe('http://127.0.0.1:8080/?intensity=50');
    expect(ask('http://127.0.0.1:8080/?intensity=20')).toBe('http://127.0.0.1:8080/?intensity=20');
    expect(ask('http://127.0.0.1:8080/?intensity=20', 100)).toBe('http://127.0.0.1:8080/?intensity=100');
  });

  it.each(['127.0.0.1:8080', 'localhost:8080', 'file:///etc/passwd', 'javascript:alert(1)'])(
    'is not %s',
    (text) => {
      expect(() => pageAddress(text, { allowSoftware: false })).toThrow('is not the address of a page');
    },
  );
});
