/** The rows that the controls are made of: a name, what it does, the control, and a note. Only a person's own events count. */
import { html, nothing, type TemplateResult } from 'lit';
import type { ControlText } from './strings-controls.ts';

export interface Row extends ControlText {
  /** In the page, and for tests: data-testid. */
  readonly id: string;
  /** Why it does nothing here, or less than it could. */
  readonly note?: string | undefined | false;
  /** It does nothing here. */
  readonly off?: boolean;
}

const described = ({ id, note }: Row): string => (note ? `${id}-help ${id}-note` : `${id}-help`);

function row({ id, label, help, note }: Row, kind: string, control: unknown): TemplateResult {
  return html`<div class=${`control ${kind}`}>
    <label for=${id}>${label}</label>
    ${control}
    <p id=${`${id}-help`} class="fine">${help}</p>
    ${note ? html`<p id=${`${id}-note`} class="fine note">${note}</p>` : nothing}
  </div>`;
}

/** @param value - as shown beside the slider, and said for it */
export function sliderRow(
  text: Row,
  at: { readonly min: number; readonly max: number; readonly step: number; readonly now: number },
  value: string,
  choose: (at: number) => void,
): TemplateResult {
  const move = (event: Event): void => {
    if (event.isTrusted) choose((event.target as HTMLInputElement).valueAsNumber);
  };
  return row(
    text,
    'slides',
    html`<span class="value" aria-hidden="true" data-testid=${`${text.id}-value`}>${value}</span>
      <input
        id=${text.id}
        type="range"
        data-testid=${text.id}
        min=${at.min}
        max=${at.max}
        step=${at.step}
        .value=${String(at.now)}
        ?disabled=${text.off === true}
        aria-valuetext=${value}
        aria-describedby=${described(text)}
        @input=${move}
      />`,
  );
}

export function switchRow(text: Row, on: boolean, choose: (on: boolean) => void): TemplateResult {
  const turn = (event: Event): void => choose((event.target as HTMLInputElement).checked);
  // A script's click makes a change that looks like a person's.
  const press = (event: Event): void => {
    if (!event.isTrusted) event.preventDefault();
  };
  return row(
    text,
    'switches',
    html`<input
      id=${text.id}
      type="checkbox"
      data-testid=${text.id}
      .checked=${on}
      ?disabled=${text.off === true}
      aria-describedby=${described(text)}
      @click=${press}
      @change=${turn}
    />`,
  );
}

/** @param choices - value and what it is called, in order */
export function choiceRow<T extends string | number>(
  text: Row,
  choices: readonly (readonly [T, string])[],
  now: T,
  choose: (value: T) => void,
  beside: TemplateResult | typeof nothing = nothing,
): TemplateResult {
  const pick = (event: Event): void => {
    const select = event.target as HTMLSelectElement;
    const chosen = choices[select.selectedIndex];
    if (event.isTrusted && chosen) choose(chosen[0]);
  };
  return row(
    text,
    'chooses',
    html`<select
        id=${text.id}
        data-testid=${text.id}
        ?disabled=${text.off === true}
        aria-describedby=${described(text)}
        @change=${pick}
      >
        ${choices.map(([value, name]) => html`<option value=${value} .selected=${value === now}>${name}</option>`)}
      </select>
      ${beside}`,
  );
}

/** @param minute - of the day, 0…1439 */
export function timeInput(
  id: string,
  label: string,
  minute: number,
  choose: (minute: number) => void,
): TemplateResult {
  const pick = (event: Event): void => {
    const { value } = event.target as HTMLInputElement;
    const [hours, minutes] = value.split(':').map(Number);
    // Half a time is no time: browsers say '' until it is whole.
    if (event.isTrusted && hours !== undefined && minutes !== undefined) choose(60 * hours + minutes);
  };
  const two = (part: number): string => String(part).padStart(2, '0');
  return html`<label class="time"
    ><span>${label}</span>
    <input
      type="time"
      data-testid=${id}
      .value=${`${two(Math.floor(minute / 60))}:${two(minute % 60)}`}
      @change=${pick}
  /></label>`;
}
