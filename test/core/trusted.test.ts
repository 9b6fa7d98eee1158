import { describe, expect, it } from 'vitest';
import { isOwnScript, scriptDoor } from '../../src/core/trusted.ts';

const PAGE = 'https://tiles.example/there/index.html';

describe('the door for scripts', () => {
  it.each(['./sw.js', './assets/gpu-worker-C1d_m-bI.js', 'https://tiles.example/there/assets/a.js'])(
    'lets %s of this page pass',
    (url) => {
      expect(isOwnScript(url, PAGE)).toBe(true);
    },
  );

  it.each([
    'https://elsewhere.example/there/sw.js',
    'https://tiles.example.evil.example/there/sw.js',
    'https://tiles.example@evil.example/there/sw.js',
    'http://tiles.example/there/sw.js',
    'https://tiles.example/sw.js',
    '../sw.js',
    './assets/../v1/jobs',
    './assets/%2e%2e/v1/jobs.js',
    './assets/deeper/a.js',
    './assets/a.js?b=c',
    './assets/a.mjs',
    './v1/operands/a.js',
    '//evil.example/sw.js',
    'data:text/javascript,0',
    'blob:https://tiles.example/0b9f',
    'javascript:0',
  ])('keeps %s out', (url) => {
    expect(isOwnScript(url, PAGE)).toBe(false);
  });

  it('makes what the browser asks for, and refuses the rest with a reason', () => {
    const named: string[] = [];
    const trustedTypes = {
      createPolicy: (name: string, { createScriptURL }: { createScriptURL: (url: string) => string }) => {
        named.push(name);
        return { createScriptURL: (url: string) => ({ trusted: createScriptURL(url) }) };
      },
    };
    const door = scriptDoor({ trustedTypes, document: { baseURI: PAGE } });
    expect(door(new URL('sw.js', PAGE))).toEqual({ trusted: 'https://tiles.example/there/sw.js' });
    expect(() => door('https://evil.example/sw.js')).toThrow(expect.objectContaining({ code: 'forbidden' }));
    expect(named).toEqual(['tilework']);
    const developing = scriptDoor({ trustedTypes, document: { baseURI: PAGE } }, true);
    const source = 'https://tiles.example/src/contributor/gpu-worker.ts?worker_file&type=module';
    expect(developing(source)).toEqual({ trusted: source });
    expect(() => developing('https://evil.example/x.ts')).toThrow('no script of this page');
  });

  it('gives the address as it is where browsers do not ask', () => {
    expect(scriptDoor({ document: { baseURI: PAGE } })('./sw.js')).toBe('./sw.js');
    expect(scriptDoor({})(new URL(PAGE))).toBe(PAGE);
  });
});
