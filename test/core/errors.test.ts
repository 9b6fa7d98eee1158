import { describe, expect, it } from 'vitest';
import { AppError, isAppError, throwIfAborted, toAppError } from '../../src/core/errors.ts';

describe('toAppError', () => {
  it('returns an AppError as the same object, whatever the fallback', () => {
    const error = new AppError('conflict', 'the name is taken');
    expect(toAppError(error, 'closed')).toBe(error);
  });

  it.each<[string, unknown, string, string]>([
    ['a string', 'no route', 'unreachable', 'no route'],
    ['an Error', new Error('socket hang up'), 'unreachable', 'socket hang up'],
    ['an Error without a message', new TypeError(), 'unreachable', 'TypeError'],
    ['an AbortError', new DOMException('stopped', 'AbortError'), 'aborted', 'stopped'],
    ['a TimeoutError', new DOMException('late', 'TimeoutError'), 'timeout', 'late'],
    ['an Event', new Event('error'), 'unreachable', 'error event'],
    ['null', null, 'unreachable', 'unknown error'],
    ['undefined', undefined, 'unreachable', 'unknown error'],
    ['a number', 404, 'unreachable', 'unknown error'],
    ['an object whose type is no text', { type: 3 }, 'unreachable', 'unknown error'],
  ])('gives %s a code and a sentence', (_, thrown, code, message) => {
    const error = toAppError(thrown, 'unreachable');
    expect(error).toBeInstanceOf(AppError);
    expect({ code: error.code, message: error.message }).toEqual({ code, message });
  });

  it('recognises what a fired signal throws', () => {
    expect(toAppError(AbortSignal.abort().reason).code).toBe('aborted');
  });

  it('keeps what was thrown as the cause and falls back to internal', () => {
    const thrown = new Error('odd');
    expect(toAppError(thrown)).toMatchObject({ code: 'internal', cause: thrown });
  });
});

describe('isAppError', () => {
  it('asks for one of the codes, or for any', () => {
    const error = new AppError('timeout', 'late');
    expect(isAppError(error)).toBe(true);
    expect(isAppError(error, 'closed', 'timeout')).toBe(true);
    expect(isAppError(error, 'closed')).toBe(false);
    expect(isAppError({ code: 'timeout', message: 'late' })).toBe(false);
  });
});

describe('throwIfAborted', () => {
  it('throws aborted with the reason once the signal has fired, and only then', () => {
    const controller = new AbortController();
    throwIfAborted(undefined);
    throwIfAborted(controller.signal);
    controller.abort('stop');
    expect(() => throwIfAborted(controller.signal)).toThrow(
      expect.objectContaining({ code: 'aborted', cause: 'stop' }),
    );
  });
});
