/** How much of this device's disk keeps operand blocks, what is on it, and a button that clears it. */
import { html, nothing, type TemplateResult } from 'lit';
import { DISK_CHOICES } from './settings.ts';
import { DISK, bytesOnDisk, diskBudget } from './texts.ts';

export interface DiskControl {
  /** The visitor's wish. */
  readonly budgetBytes: number;
  readonly usedBytes: number;
  readonly choose: (bytes: number) => void;
  readonly clear: () => void;
}

export function diskControl({ budgetBytes, usedBytes, choose, clear }: DiskControl): TemplateResult {
  // A budget that the address named may lie between two choices.
  const place = DISK_CHOICES.findLastIndex((choice) => choice <= budgetBytes);
  const move = (event: Event): void => {
    // As with the button: only a person decides what their disk keeps.
    const bytes = DISK_CHOICES[(event.target as HTMLInputElement).valueAsNumber];
    if (event.isTrusted && bytes !== undefined) choose(bytes);
  };
  const press = (event: Event): void => {
    if (event.isTrusted) clear();
  };
  return html`<div class="intensity disk">
    <label for="disk">${DISK.label}</label>
    <span class="intensity-value" aria-hidden="true" data-testid="disk-value"
      >${diskBudget(budgetBytes)}</span
    >
    <input
      id="disk"
      type="range"
      data-testid="disk"
      min="0"
      max=${DISK_CHOICES.length - 1}
      step="1"
      .value=${String(place)}
      aria-valuetext=${diskBudget(budgetBytes)}
      aria-describedby="disk-help"
      @input=${move}
    />
    <p id="disk-help" class="fine">
      ${DISK.help}
      ${
        usedBytes > 0
          ? html`<span class="disk-use">
              <span data-testid="disk-used">${bytesOnDisk(usedBytes)}</span>
              <button class="copy" type="button" data-testid="disk-clear" @click=${press}>
                ${DISK.clear}
              </button>
            </span>`
          : nothing
      }
    </p>
  </div>`;
}
