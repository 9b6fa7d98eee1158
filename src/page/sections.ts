/** What is one level down: each part is brought when its details are opened for the first time. */
import { html, type TemplateResult } from 'lit';
import type { Language } from './language.ts';
import type { Strings } from './strings.ts';
import type { ControlStrings } from './strings-controls.ts';
import type { Visit, VisitState } from './visit.ts';

export const SECTIONS = ['controls'] as const;
export type Section = (typeof SECTIONS)[number];

/** The words of the parts that are here already. */
export interface SectionStrings {
  controls?: ControlStrings;
}

export type SectionLoaders = {
  readonly [Name in Section]: (language: Language) => Promise<NonNullable<SectionStrings[Name]>>;
};

export class Sections {
  readonly strings: SectionStrings = {};
  readonly #loaders: SectionLoaders;
  readonly #onChange: () => void;
  readonly #open = new Set<Section>();
  #language: Language;

  constructor(loaders: SectionLoaders, language: Language, onChange: () => void) {
    this.#loaders = loaders;
    this.#language = language;
    this.#onChange = onChange;
  }

  isOpen(name: Section): boolean {
    return this.#open.has(name);
  }

  toggled(name: Section, open: boolean): void {
    if (open) this.#open.add(name);
    else this.#open.delete(name);
    this.#onChange();
    if (open && !this.strings[name]) void this.#load(name);
  }

  speak(language: Language): void {
    this.#language = language;
    for (const name of SECTIONS) if (this.strings[name]) void this.#load(name);
  }

  async #load(name: Section): Promise<void> {
    const language = this.#language;
    const strings = await this.#loaders[name](language);
    if (language !== this.#language) return;
    this.strings[name] = strings;
    this.#onChange();
  }
}

export function sectionBody(
  name: Section,
  sections: Sections | undefined,
  visit: Visit,
  state: VisitState,
  { loading }: Strings,
): TemplateResult {
  const words = sections?.strings[name];
  if (!sections?.isOpen(name) || !words) return html`<p class="fine">${loading}</p>`;
  return html`<tilework-controls
    .state=${state}
    .abilities=${visit.abilities}
    .strings=${words}
    .change=${visit.change.bind(visit)}
    .clearDisk=${() => visit.controller.clearDisk()}
  ></tilework-controls>`;
}
