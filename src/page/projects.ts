/**
 * <tilework-projects>: for whom the visitor computes: whoever needs it, or chosen projects. It renders into itself;
 * you.css styles it. What requesters call their projects is text. Data in, events out:
 *
 *   tilework-projects   detail readonly string[]: what Contributor.setProjects takes; none is any
 */
import './you.css';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import type { ProjectView } from '../core/v1-figures.ts';
import { type ProjectChoice, MAX_CHOSEN, choicesOf, isResting } from './project-choice.ts';
import type { ProjectsStrings, YouStrings } from './strings-you.ts';

export class TileworkProjects extends LitElement {
  static override properties = {
    projects: { attribute: false },
    failed: { attribute: false },
    chosen: { attribute: false },
    strings: { attribute: false },
    only: { state: true },
  };
  /** Undefined until it is known. */
  declare projects: readonly ProjectView[] | undefined;
  /** The list could not be fetched. */
  declare failed: boolean;
  declare chosen: readonly string[];
  declare strings: YouStrings | undefined;
  /** "Only what I choose", perhaps before anything is. */
  declare only: boolean;

  constructor() {
    super();
    this.failed = false;
    this.chosen = [];
    this.only = false;
  }

  protected override createRenderRoot(): this {
    return this;
  }

  protected override willUpdate(changed: ReadonlyMap<PropertyKey, unknown>): void {
    if (changed.has('chosen') && this.chosen.length > 0) this.only = true;
  }

  protected override render(): TemplateResult | typeof nothing {
    const { strings, only, chosen } = this;
    if (!strings) return nothing;
    const words = strings.projects;
    const choices = choicesOf(this.projects, chosen);
    return html`<section aria-labelledby="projects-title">
      <h2 id="projects-title">${words.title}</h2>
      <p>${words.lead}</p>
      <fieldset class="you-choices">
        <legend class="unseen">${words.title}</legend>
        ${this.#mode(false, words.any, words.anyHelp)} ${this.#mode(true, words.only, words.onlyHelp)}
      </fieldset>
      ${only ? this.#list(choices, words) : nothing}
      <div role="status" data-testid="projects-said">${only ? said(choices, chosen, words) : nothing}</div>
    </section>`;
  }

  #mode(only: boolean, label: string, help: string): TemplateResult {
    const value = only ? 'only' : 'any';
    return html`<div class="you-choice">
      <input
        type="radio"
        name="projects-mode"
        id=${`projects-${value}`}
        value=${value}
        .checked=${live(only === this.only)}
        aria-describedby=${`projects-${value}-help`}
        @change=${() => {
          this.only = only;
          if (!only && this.chosen.length > 0) this.#choose([]);
        }}
      />
      <label for=${`projects-${value}`}>${label}</label>
      <p class="you-fine" id=${`projects-${value}-help`}>${help}</p>
    </div>`;
  }

  #list(choices: readonly ProjectChoice[], words: ProjectsStrings): TemplateResult {
    const full = this.chosen.length >= MAX_CHOSEN;
    return html`${
      this.failed
        ? html`<p class="you-notice">${words.failed}</p>`
        : this.projects
          ? nothing
          : html`<p class="you-fine">${words.loading}</p>`
    }
    ${
      choices.length === 0
        ? this.projects
          ? html`<p class="you-empty">${words.none}</p>`
          : nothing
        : html`<fieldset class="you-projects">
            <legend class="unseen">${words.list}</legend>
            ${choices.map((choice, i) => this.#project(choice, i, words, full))}
          </fieldset>`
    }
    ${full ? html`<p class="you-fine">${words.most(MAX_CHOSEN)}</p>` : nothing}`;
  }

  #project(choice: ProjectChoice, i: number, words: ProjectsStrings, full: boolean): TemplateResult {
    const { project, about, chosen, state, jobsRunning, percent } = choice;
    const id = `projects-${i}`;
    const now = state === 'running' ? words.running(jobsRunning, percent) : words[state];
    return html`<div class="you-choice">
      <input
        type="checkbox"
        id=${id}
        .checked=${live(chosen)}
        ?disabled=${full && !chosen}
        aria-describedby=${`${id}-about`}
        @change=${() => {
          const rest = this.chosen.filter((each) => each !== project);
          this.#choose(chosen ? rest : [...rest, project]);
        }}
      />
      <label for=${id}><bdi>${project}</bdi></label>
      <p class="you-fine" id=${`${id}-about`}>
        ${about ? html`<bdi>${about}</bdi> · ` : nothing}<span>${now}</span>
      </p>
    </div>`;
  }

  #choose(chosen: readonly string[]): void {
    this.chosen = chosen;
    this.dispatchEvent(new CustomEvent('tilework-projects', { detail: chosen, bubbles: true }));
  }
}

function said(
  choices: readonly ProjectChoice[],
  chosen: readonly string[],
  words: ProjectsStrings,
): TemplateResult | typeof nothing {
  if (chosen.length === 0) return html`<p class="you-notice">${words.nothingChosen}</p>`;
  return isResting(choices) ? html`<p class="you-notice">${words.resting}</p>` : nothing;
}

customElements.define('tilework-projects', TileworkProjects);

declare global {
  interface HTMLElementTagNameMap {
    'tilework-projects': TileworkProjects;
  }
  interface HTMLElementEventMap {
    'tilework-projects': CustomEvent<readonly string[]>;
  }
}
