/** The loader: small, alone, described truly, and harmless where there is no DOM. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Rolldown } from 'vite';
import { beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { widgetBuild } from '../../src/widget/build.node.ts';
import { define } from '../../src/widget/define.ts';
import { TileworkContribute, type TileworkEventMap } from '../../src/widget/element.ts';
import type { WidgetStats } from '../../src/widget/envelope.ts';
import { STYLE } from '../../src/widget/look.ts';
import { textsFor } from '../../src/widget/texts.ts';
import { ROOT } from '../helpers/import-graph.ts';

const BUDGET_BYTES = 4 * 1024;

interface Named {
  readonly name: string;
  readonly kind?: string;
  readonly attribute?: string;
}
interface Manifest {
  readonly modules: readonly {
    readonly declarations: readonly {
      readonly attributes: readonly Named[];
      readonly members: readonly Named[];
      readonly events: readonly Named[];
      readonly cssParts: readonly Named[];
      readonly cssProperties: readonly Named[];
    }[];
  }[];
}
const source = (name: string): string => readFileSync(resolve(ROOT, 'src/widget', name), 'utf8');
const manifest = (JSON.parse(source('custom-elements.json')) as Manifest).modules[0]!.declarations[0]!;
const names = (all: readonly Named[]): string[] => all.map(({ name }) => name).toSorted();

describe('the loader', () => {
  let chunks: readonly { readonly fileName: string; readonly code?: string }[];
  beforeAll(async () => {
    const settings = widgetBuild(ROOT);
    chunks = ((await build(settings)) as Rolldown.RolldownOutput).output;
  });

  it('is one file of at most 4 KiB after gzip', () => {
    expect(chunks.map(({ fileName }) => fileName)).toEqual(['widget.js']);
    const bytes = gzipSync(chunks[0]!.code!).length;
    console.log(`widget.js: ${bytes} bytes after gzip`);
    expect(bytes).toBeLessThanOrEqual(BUDGET_BYTES);
  });

  it('asks nobody, and makes nothing of text', () => {
    const { code } = chunks[0]!;
    expect(code).not.toMatch(
      /\bfetch\b|XMLHttpRequest|WebSocket|sendBeacon|\bimport\(|innerHTML|srcdoc|\beval\b|new Function|cookie/,
    );
  });

  it('can be imported where there is no DOM, and defines nothing there', () => {
    expect('HTMLElement' in globalThis).toBe(false);
    expect(() => define('https://tilework.example/')).not.toThrow();
    expect(TileworkContribute.home).toBeUndefined();
  });
});

describe('the manifest', () => {
  it('names the attributes that the element has', () => {
    const observed = new Set([...TileworkContribute.observedAttributes, 'size', 'autostart']);
    expect(names(manifest.attributes)).toEqual([...observed].toSorted());
    const fields = manifest.members.filter(({ kind }) => kind === 'field');
    const reflected = fields.map(({ attribute }) => ({ name: attribute ?? '' }));
    expect(names(reflected)).toEqual(names(manifest.attributes).filter((name) => name !== 'lang'));
  });

  it('names its public members, all of them', () => {
    const platform = [
      'constructor',
      'addEventListener',
      'connectedCallback',
      'disconnectedCallback',
      'attributeChangedCallback',
    ];
    const members = Object.getOwnPropertyNames(TileworkContribute.prototype);
    expect(names(manifest.members)).toEqual(members.filter((name) => !platform.includes(name)).toSorted());
  });

  it('names its events', () => {
    const typed = /interface TileworkEvents \{([^]*?)\n\}/.exec(source('element.ts'))?.[1] ?? '';
    const events = Array.from(typed.matchAll(/readonly (\w+): (?!number|string)/g), ([, name]) => name!);
    expect(names(manifest.events)).toEqual(
      events.filter((name) => name !== 'reason' && name !== 'untilMs').toSorted(),
    );
  });

  it('names what can be styled', () => {
    const parts = ['element.ts', 'frame.ts'].flatMap((file) =>
      Array.from(
        source(file).matchAll(/\bpart\('\w+', '(\w+)'\)|part\.add\('(\w+)'\)/g),
        ([, made, added]) => made ?? added!,
      ),
    );
    expect(names(manifest.cssParts)).toEqual([...new Set(parts)].toSorted());
    const properties = Array.from(STYLE.matchAll(/var\((--tilework-[a-z-]+)/g), ([, name]) => name!);
    expect(names(manifest.cssProperties)).toEqual([...new Set(properties)].toSorted());
  });
});

describe('the types', () => {
  it('say what each event brings, and leave the platform its own', () => {
    expectTypeOf<TileworkEventMap['receipt']['detail']>().toEqualTypeOf<WidgetStats>();
    expectTypeOf<TileworkEventMap['consent']['detail']['untilMs']>().toEqualTypeOf<number>();
    expectTypeOf<HTMLElementTagNameMap['tilework-contribute']>().toEqualTypeOf<TileworkContribute>();
    const listen = (element: TileworkContribute): void => {
      element.addEventListener('stop', ({ detail }) => expectTypeOf(detail.shards).toEqualTypeOf<number>());
      element.addEventListener('click', (event) => expectTypeOf(event).toEqualTypeOf<Event>());
      // @ts-expect-error: no number comes with it
      element.addEventListener('error', ({ detail }) => detail.shards);
    };
    expect(listen).toBeTypeOf('function');
  });
});

describe('the placeholder', () => {
  it('speaks German to those who read it, and English to everybody else', () => {
    expect(textsFor('de-AT').button).toBe('Mehr erfahren');
    for (const lang of ['en', '', 'fr', 'den', 'x'.repeat(1000)])
      expect(textsFor(lang).button).toBe('See how');
  });
});
