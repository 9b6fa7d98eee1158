/** The public name and the choice of projects, kept in this browser and said at every start. What is kept may be anything. */
import type { NameAnswer, PublicName } from '../contributor/api.ts';
import type { PageController } from './controller.ts';
import { type Kept, keep, readKept } from './storage.ts';

const NAME_KEY = 'tilework-name';
const PROJECTS_KEY = 'tilework-projects';
const MAX_TEXT = 8 * 1024;

interface SaidName extends PublicName {
  /** The coordinator has not answered yet. */
  readonly open: boolean;
}

export class OwnWishes {
  readonly #controller: Pick<PageController, 'setProfile' | 'setProjects'>;
  readonly #storage: Kept | undefined;
  #name: SaidName | undefined;
  #projects: readonly string[];

  constructor(controller: Pick<PageController, 'setProfile' | 'setProjects'>, storage: Kept | undefined) {
    this.#controller = controller;
    this.#storage = storage;
    const { name, team, open } = (this.#read(NAME_KEY) ?? {}) as Readonly<Record<string, unknown>>;
    if (typeof name === 'string' && typeof team === 'string')
      this.#name = { name, team, open: open !== false };
    const projects = this.#read(PROJECTS_KEY);
    this.#projects = Array.isArray(projects) ? projects.filter((each) => typeof each === 'string') : [];
  }

  /** What was said last, here or on an earlier visit. */
  get name(): PublicName | undefined {
    return this.#name;
  }

  /** None: any. */
  get projects(): readonly string[] {
    return this.#projects;
  }

  /** Before a start: nothing is to be computed for others than those chosen. */
  tell(): void {
    try {
      if (this.#projects.length > 0) this.#controller.setProjects(this.#projects);
      // A name that was answered stands with the coordinator.
      if (this.#name?.open) this.#controller.setProfile(this.#name);
    } catch {
      // What an older version kept and this one does not take.
    }
  }

  /** @throws AppError 'bad-input' */
  setName({ name, team }: PublicName): void {
    this.#controller.setProfile({ name, team });
    this.#name = { name, team, open: true };
    this.#write(NAME_KEY, this.#name);
  }

  /** @throws AppError 'bad-input' */
  setProjects(projects: readonly string[]): void {
    this.#controller.setProjects(projects);
    this.#projects = projects;
    this.#write(PROJECTS_KEY, projects);
  }

  answered(answer: NameAnswer | undefined): void {
    if (!this.#name?.open || answer?.state !== 'kept') return;
    this.#name = { ...this.#name, open: false };
    this.#write(NAME_KEY, this.#name);
  }

  #read(key: string): unknown {
    try {
      const text = readKept(this.#storage, key) ?? '';
      return text.length <= MAX_TEXT ? JSON.parse(text) : undefined;
    } catch {
      return undefined;
    }
  }

  #write(key: string, value: unknown): void {
    keep(this.#storage, key, JSON.stringify(value));
  }
}
