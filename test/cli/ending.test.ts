/** How commands end: Ctrl-C once and twice, failures in one line, logs that people can read. */
import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { EXIT_FAILED, EXIT_INTERRUPTED, reportFailure } from '../../src/cli/failure.ts';
import { interruptSignal, interrupted } from '../../src/cli/interrupt.ts';
import { createLogger, humanLine } from '../../src/cli/log.ts';
import { AppError } from '../../src/core/errors.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { memoryTerminal } from './memory-terminal.ts';

class FakeProcess extends EventEmitter {
  readonly exits: number[] = [];
  exit(code: number): void {
    this.exits.push(code);
  }
}

describe('Ctrl-C', () => {
  it('asks to stop the first time and ends at once the second time', async () => {
    const source = new FakeProcess();
    const clock = new FakeClock();
    const signal = interruptSignal(source, clock);
    const stopped = interrupted(signal);
    expect(signal.aborted).toBe(false);
    source.emit('SIGINT');
    await stopped;
    expect(signal.reason).toMatchObject({ code: 'aborted' });
    expect(source.exits).toEqual([]);
    await clock.advance(1_000);
    source.emit('SIGINT');
    expect(source.exits).toEqual([EXIT_INTERRUPTED]);
  });

  it('that npm passes on a second time is still one', async () => {
    const source = new FakeProcess();
    const clock = new FakeClock();
    interruptSignal(source, clock);
    source.emit('SIGINT');
    await clock.advance(20);
    source.emit('SIGINT');
    expect(source.exits).toEqual([]);
  });

  it('is understood from a service manager and a closed terminal too', async () => {
    for (const name of ['SIGTERM', 'SIGHUP']) {
      const source = new FakeProcess();
      const signal = interruptSignal(source, new FakeClock());
      source.emit(name);
      await interrupted(signal);
      expect(signal.aborted).toBe(true);
    }
  });
});

describe('a failure', () => {
  it('is one sentence, without a stack', () => {
    const terminal = memoryTerminal();
    expect(reportFailure(new AppError('locked', 'the folder is in use'), terminal, false)).toBe(EXIT_FAILED);
    expect(reportFailure(new TypeError('x is not a function\n    at y'), terminal, false)).toBe(EXIT_FAILED);
    expect(reportFailure('no reason', terminal, false)).toBe(EXIT_FAILED);
    expect(terminal.noteLines).toEqual([
      'error: the folder is in use',
      'error: x is not a function (--debug shows where)',
      'error: no reason (--debug shows where)',
    ]);
    expect(terminal.outLines).toEqual([]);
  });

  it('shows its stack and its causes with --debug', () => {
    const terminal = memoryTerminal();
    const error = new AppError('internal', 'it broke', { cause: new RangeError('too deep') });
    expect(reportFailure(error, terminal, true)).toBe(EXIT_FAILED);
    expect(terminal.noteLines[0]).toMatch(
      /AppError: it broke\n\s+at .*\ncaused by: RangeError: too deep\n\s+at /s,
    );
    expect(terminal.noteLines.at(-1)).toBe('error: it broke');
  });

  it('because of Ctrl-C is no error, but tells scripts', () => {
    const terminal = memoryTerminal();
    expect(reportFailure(new AppError('aborted', 'stopped'), terminal, false)).toBe(EXIT_INTERRUPTED);
    expect(terminal.noteLines).toEqual(['stopped']);
  });
});

describe('the log', () => {
  it('is short lines for people', () => {
    const lines: string[] = [];
    const log = createLogger(false, 'info', (line) => lines.push(line));
    log.info({ job: 'ab', shards: 3 }, 'job done');
    log.warn({ reason: 'x'.repeat(200) }, 'slow');
    log.error({ list: [1, 2] }, 'broken');
    log.debug({}, 'a detail');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d job done {2}job=ab {2}shards=3\n$/);
    expect(lines[1]).toMatch(/ warning: slow {2}reason=x{80}…\n$/);
    expect(lines[2]).toMatch(/ error: broken {2}list=\[1,2\]\n$/);
  });

  it('is JSON for machines', () => {
    const lines: string[] = [];
    createLogger(true, 'debug', (line) => lines.push(line)).debug({ job: 'ab' }, 'a detail');
    expect(JSON.parse(lines[0]!)).toMatchObject({ level: 20, job: 'ab', msg: 'a detail' });
  });

  it('leaves a line alone that it does not understand', () => {
    expect(humanLine('not JSON\n')).toBe('not JSON\n');
  });
});
