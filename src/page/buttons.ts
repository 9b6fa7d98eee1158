/** Start and Stop, and beside them Pause and Finish; where another tab works, the same for that one. */
import { html, nothing, type TemplateResult } from 'lit';
import type { Strings } from './strings.ts';
import type { TabCommand } from './tab-channel.ts';
import type { VisitState } from './visit.ts';

/** What a visitor presses, for whichever tab works. */
export type PressedCommand = Exclude<TabCommand, 'yield'>;

export function buttons(
  state: VisitState,
  { elsewhere, blocked }: { readonly elsewhere: boolean; readonly blocked: boolean },
  strings: Strings,
  toggle: (event: Event) => void,
  press: (command: PressedCommand) => void,
): TemplateResult {
  const { status, wanted, stopping, ranBefore } = state.page;
  const { button } = strings;
  const here = elsewhere || (state.lock === 'waiting' && !wanted);
  const off = blocked || stopping;
  const label = stopping
    ? button.stopping
    : wanted
      ? button.stop
      : here
        ? button.here
        : status.stage === 'failed'
          ? button.retry
          : ranBefore
            ? button.again
            : button.start;
  const paused = elsewhere ? state.leader?.paused === true : state.byHand;
  const finishing = (elsewhere ? state.leader?.status : status)?.finishing === true;
  const act = (name: string, text: string, command: PressedCommand): TemplateResult =>
    html`<button
      class="act"
      type="button"
      data-testid=${name}
      aria-disabled=${command === 'finish' && finishing ? 'true' : 'false'}
      @click=${(event: Event) => event.isTrusted && !(command === 'finish' && finishing) && press(command)}
    >
      ${text}
    </button>`;
  return html`<div class="buttons">
    <button
      class=${`toggle ${wanted || stopping ? 'stop' : 'start'}`}
      type="button"
      data-testid="toggle"
      aria-disabled=${off ? 'true' : 'false'}
      @click=${toggle}
    >
      ${label}
    </button>
    ${
      (wanted || elsewhere) && !stopping
        ? html`<div class="acts">
            ${act('pause', paused ? button.resume : button.pause, paused ? 'resume' : 'pause')}
            ${act('finish', finishing ? button.finishing : button.finish, 'finish')}
            ${elsewhere ? act('stop-other', button.stop, 'stop') : nothing}
          </div>`
        : nothing
    }
  </div>`;
}
