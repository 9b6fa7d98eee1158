/** What is one level down. Its code and words come when its details are opened for the first time. */
import type { TemplateResult } from 'lit';
import type { Language } from './language.ts';
import type { VisitState } from './visit.ts';

export const SECTIONS = ['controls', 'projects', 'report', 'speed', 'you', 'share'] as const;
export type Section = (typeof SECTIONS)[number];

/** See section-parts.ts. */
export interface SectionParts {
  /** Brings a section's element and words. */
  open(name: Section, language: Language): Promise<void>;
  /** Undefined until they are there. */
  render(name: Section, state: VisitState): TemplateResult | undefined;
}

export class Sections {
  readonly #load: () => Promise<SectionParts>;
  readonly #onChange: () => void;
  readonly #open = new Set<Section>();
  #parts: SectionParts | undefined;
  #language: Language;

  constructor(load: () => Promise<SectionParts>, language: Language, onChange: () => void) {
    this.#load = load;
    this.#language = language;
    this.#onChange = onChange;
  }

  toggled(name: Section, open: boolean): void {
    if (open) this.#open.add(name);
    else this.#open.delete(name);
    this.#onChange();
    if (open) void this.#bring(name);
  }

  speak(language: Language): void {
    this.#language = language;
    for (const name of this.#open) void this.#bring(name);
  }

  body(name: Section, state: VisitState): TemplateResult | undefined {
    return this.#open.has(name) ? this.#parts?.render(name, state) : undefined;
  }

  async #bring(name: Section): Promise<void> {
    try {
      this.#parts ??= await this.#load();
      await this.#parts.open(name, this.#language);
    } catch {
      // There is no network, or a new version is there instead: opened again, it is tried again.
    }
    this.#onChange();
  }
}
