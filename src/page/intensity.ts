/** The slider with which a visitor says how much of the time their GPU works. */
import { html, type TemplateResult } from 'lit';
import { LEAST_INTENSITY } from '../contributor/api.ts';
import { INTENSITY } from './texts.ts';

const STEP_PERCENT = 5;

/** @param share of time, 0.05 to 1; `choose` gets another while the slider moves. */
export function intensitySlider(share: number, choose: (share: number) => void): TemplateResult {
  const percent = String(Math.round(100 * share));
  const move = (event: Event): void => {
    // As with the button: only a person sets how hard their GPU works.
    if (event.isTrusted) choose((event.target as HTMLInputElement).valueAsNumber / 100);
  };
  return html`<div class="intensity">
    <label for="intensity">${INTENSITY.label}</label>
    <span class="intensity-value" aria-hidden="true" data-testid="intensity-value">${percent} %</span>
    <input
      id="intensity"
      type="range"
      data-testid="intensity"
      min=${100 * LEAST_INTENSITY}
      max="100"
      step=${STEP_PERCENT}
      .value=${percent}
      aria-valuetext=${`${percent} %`}
      aria-describedby="intensity-help"
      @input=${move}
    />
    <p id="intensity-help" class="fine">${INTENSITY.help}</p>
  </div>`;
}
