/**
 * <tilework-controls>: every setting, each with one line on what it does, and three presets over them. Settings in,
 * changes out; what this browser cannot do says so. It renders into itself, so controls.css styles it.
 */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { type PresetName, PRESETS, presetOf, RANGES, type Settings } from '../contributor/settings.ts';
import { choiceRow, sliderRow, switchRow, timeInput } from './control-rows.ts';
import { lasting, shared, sized } from './numbers.ts';
import { DISK_CHOICES } from './settings.ts';
import type { ControlStrings } from './strings-controls.ts';
import type { Abilities, VisitState } from './visit.ts';

const MIB = 1024 * 1024;
const KIB = 1024;
const MEMORY_CHOICES = [64, 128, 256, 512, 1024, 2048, 4096].map((mib) => mib * MIB);
const DATA_CHOICES = [256, 512, 1024, 2048, 5120, 10_240, 51_200].map((mib) => mib * MIB);
const RATE_CHOICES = [128, 256, 512, 1024, 2048, 5120, 10_240].map((kib) => kib * KIB);
const IDLE_CHOICES = [1, 2, 5, 10, 30, 60];
/** In a list of numbers: no limit. */
const NONE = 0;

export class TileworkControls extends LitElement {
  static override properties = {
    state: { attribute: false },
    abilities: { attribute: false },
    strings: { attribute: false },
    change: { attribute: false },
    clearDisk: { attribute: false },
  };
  declare state: VisitState | undefined;
  declare abilities: Abilities | undefined;
  declare strings: ControlStrings | undefined;
  declare change: ((change: Partial<Settings>) => void) | undefined;
  declare clearDisk: (() => void) | undefined;

  protected override createRenderRoot(): this {
    return this;
  }

  protected override render(): TemplateResult | typeof nothing {
    const { state, abilities, strings: words } = this;
    if (!state || !abilities || !words) return nothing;
    const { settings } = state;
    const group = (name: keyof ControlStrings['group'], rows: unknown): TemplateResult =>
      html`<fieldset data-group=${name}>
        <legend>${words.group[name]}</legend>
        ${rows}
      </fieldset>`;
    return html`${this.#presets(settings, words)} ${group('power', this.#power(settings, abilities, words))}
    ${group('when', this.#when(state, abilities, words))}
    ${group('data', this.#data(state, abilities, words))} ${group('space', this.#space(state, words))}
    ${group('night', this.#night(state, abilities, words))}`;
  }

  #set(change: Partial<Settings>): void {
    this.change?.(change);
  }

  #presets(settings: Settings, { presets, preset, presetNote, custom }: ControlStrings): TemplateResult {
    const now = presetOf(settings);
    return html`<fieldset data-group="presets">
      <legend>${presets}</legend>
      <div class="presets">
        ${(Object.keys(PRESETS) as PresetName[]).map(
          (name) =>
            html`<button
              type="button"
              data-testid=${`preset-${name}`}
              aria-pressed=${name === now ? 'true' : 'false'}
              @click=${(event: Event) => event.isTrusted && this.#set(PRESETS[name])}
            >
              <strong>${preset[name].label}</strong> <small>${preset[name].help}</small>
            </button>`,
        )}
      </div>
      <p class="fine">${now === 'custom' ? html`<strong>${custom}</strong> ` : nothing}${presetNote}</p>
    </fieldset>`;
  }

  #power(settings: Settings, abilities: Abilities, words: ControlStrings): TemplateResult {
    const { intensity, heat, onlyOnMains, batteryFloor } = settings;
    const noBattery = !abilities.battery && words.note.noBattery;
    return html`${sliderRow(
      { id: 'intensity', ...words.intensity },
      { min: 100 * RANGES.intensity[0], max: 100, step: 5, now: Math.round(100 * intensity) },
      shared(words.locale, intensity),
      (percent) => this.#set({ intensity: percent / 100 }),
    )}
    ${choiceRow(
      { id: 'heat', ...words.heat, note: !abilities.pressure && heat !== 'off' && words.note.noPressure },
      (['off', 'normal', 'careful'] as const).map((each) => [each, words.heats[each]] as const),
      heat,
      (chosen) => this.#set({ heat: chosen }),
    )}
    ${switchRow(
      { id: 'mains', ...words.onlyOnMains, note: noBattery, off: !abilities.battery },
      onlyOnMains,
      (on) => this.#set({ onlyOnMains: on }),
    )}
    ${sliderRow(
      { id: 'battery', ...words.batteryFloor, note: noBattery, off: !abilities.battery },
      { min: 0, max: 95, step: 5, now: Math.round(100 * batteryFloor) },
      batteryFloor > 0 ? shared(words.locale, batteryFloor) : words.never,
      (percent) => this.#set({ batteryFloor: percent / 100 }),
    )}`;
  }

  #when({ settings, idleAllowed }: VisitState, { idle }: Abilities, words: ControlStrings): TemplateResult {
    const { pauseWhileInUse, idleMinutes, schedule } = settings;
    const { kind, fromMinute, toMinute } = schedule;
    const note = idle ? pauseWhileInUse && !idleAllowed && words.note.idleRefused : words.note.noIdle;
    const times = html`<span class="times"
      >${timeInput('from', words.from, fromMinute, (at) => this.#set({ schedule: { ...schedule, fromMinute: at } }))}
      ${timeInput('to', words.to, toMinute, (at) => this.#set({ schedule: { ...schedule, toMinute: at } }))}</span
    >`;
    return html`${choiceRow(
      {
        id: 'schedule',
        ...words.schedule,
        note: kind !== 'always' && fromMinute === toMinute && words.note.scheduleEmpty,
      },
      (['always', 'except', 'only'] as const).map((each) => [each, words.schedules[each]] as const),
      kind,
      (chosen) => this.#set({ schedule: { ...schedule, kind: chosen } }),
      kind === 'always' ? nothing : times,
    )}
    ${switchRow({ id: 'in-use', ...words.pauseWhileInUse, note, off: !idle }, pauseWhileInUse, (on) =>
      this.#set({ pauseWhileInUse: on }),
    )}
    ${
      pauseWhileInUse && idle
        ? choiceRow(
            { id: 'idle', ...words.idle },
            among(IDLE_CHOICES, idleMinutes).map(
              (each) => [each, lasting(words.locale, each * 60_000)] as const,
            ),
            idleMinutes,
            (minutes) => this.#set({ idleMinutes: minutes }),
          )
        : nothing
    }`;
  }

  #data({ settings, dayBytes }: VisitState, { metered }: Abilities, words: ControlStrings): TemplateResult {
    const { dailyDataBytes = NONE, downBytesPerSecond = NONE, upBytesPerSecond = NONE, onMetered } = settings;
    const { locale } = words;
    const caps = (choices: readonly number[], now: number, name: (bytes: number) => string) =>
      [NONE, ...among(choices, now)].map(
        (each) => [each, each === NONE ? words.noLimit : name(each)] as const,
      );
    const rate = (bytes: number): string => words.perSecond(sized(locale, bytes));
    const cap = (bytes: number): number | undefined => (bytes === NONE ? undefined : bytes);
    return html`${choiceRow(
      {
        id: 'daily',
        ...words.dailyData,
        note: dayBytes > 0 && words.dataToday(sized(locale, dayBytes)),
      },
      caps(DATA_CHOICES, dailyDataBytes, (bytes) => sized(locale, bytes)),
      dailyDataBytes,
      (bytes) => this.#set({ dailyDataBytes: cap(bytes) }),
    )}
    ${choiceRow(
      { id: 'down', ...words.downCap },
      caps(RATE_CHOICES, downBytesPerSecond, rate),
      downBytesPerSecond,
      (bytes) => this.#set({ downBytesPerSecond: cap(bytes) }),
    )}
    ${choiceRow(
      { id: 'up', ...words.upCap },
      caps(RATE_CHOICES, upBytesPerSecond, rate),
      upBytesPerSecond,
      (bytes) => this.#set({ upBytesPerSecond: cap(bytes) }),
    )}
    ${switchRow(
      { id: 'metered', ...words.onMetered, note: !metered && words.note.noMetered, off: !metered },
      onMetered,
      (on) => this.#set({ onMetered: on }),
    )}`;
  }

  #space({ settings, page }: VisitState, words: ControlStrings): TemplateResult {
    const { memoryBytes, diskBytes } = settings;
    const { locale } = words;
    return html`${choiceRow(
      { id: 'memory', ...words.memory },
      among(MEMORY_CHOICES, memoryBytes).map((each) => [each, sized(locale, each)] as const),
      memoryBytes,
      (bytes) => this.#set({ memoryBytes: bytes }),
    )}
    ${sliderRow(
      { id: 'disk', ...words.disk },
      {
        min: 0,
        max: DISK_CHOICES.length - 1,
        step: 1,
        // A budget that the address named may lie between two choices.
        now: DISK_CHOICES.findLastIndex((choice) => choice <= diskBytes),
      },
      diskBytes > 0 ? sized(locale, diskBytes) : words.off,
      (at) => this.#set({ diskBytes: DISK_CHOICES[at]! }),
    )}
    ${
      page.diskUsedBytes > 0
        ? html`<p class="disk-use fine">
            <span data-testid="disk-used">${words.diskUsed(sized(locale, page.diskUsedBytes))}</span>
            <button
              class="copy"
              type="button"
              data-testid="disk-clear"
              @click=${(event: Event) => event.isTrusted && this.clearDisk?.()}
            >
              ${words.clear}
            </button>
          </p>`
        : nothing
    }`;
  }

  #night(
    { settings, awake, tone }: VisitState,
    { awake: canWake, tone: canSound }: Abilities,
    words: ControlStrings,
  ): TemplateResult {
    const { note } = words;
    return html`${switchRow(
      {
        id: 'awake',
        ...words.keepAwake,
        note: canWake ? awake === 'refused' && note.awakeRefused : note.noAwake,
        off: !canWake,
      },
      settings.keepAwake,
      (on) => this.#set({ keepAwake: on }),
    )}
    ${switchRow(
      {
        id: 'tone',
        ...words.tone,
        note: canSound ? settings.tone && tone === 'blocked' && note.toneBlocked : note.noTone,
        off: !canSound,
      },
      settings.tone,
      (on) => this.#set({ tone: on }),
    )}`;
  }
}

/** The choices, and what is set now if it is none of them: an address or an older version may have said so. */
function among(choices: readonly number[], now: number): readonly number[] {
  if (now === NONE || choices.includes(now)) return choices;
  return [...choices, now].toSorted((a, b) => a - b);
}

customElements.define('tilework-controls', TileworkControls);

declare global {
  interface HTMLElementTagNameMap {
    'tilework-controls': TileworkControls;
  }
}
