/**
 * What the visitor says of itself to a coordinator: a public name, and for which projects it works. Kept for every
 * connection to come; a name is signed once, and said until the coordinator has answered.
 */
import type { Clock } from '../core/clock.ts';
import { Emitter } from '../core/async.ts';
import { assertNames } from '../core/names.ts';
import { sealProfile } from '../protocol/envelope.ts';
import type { SigningKey } from '../protocol/keys.ts';
import type { PublicName } from './api.ts';
import { assertProjects } from './projects.ts';

export type Part = 'profile' | 'projects';

export class Introduction {
  readonly changes = new Emitter<Part>();
  readonly #key: SigningKey;
  readonly #clock: Clock;
  #projects: readonly string[] = [];
  #profile: Uint8Array | undefined;
  #issuedMs = 0;

  constructor(key: SigningKey, clock: Clock) {
    this.#key = key;
    this.#clock = clock;
  }

  /** None: any. */
  get projects(): readonly string[] {
    return this.#projects;
  }

  /** The signed statement that the coordinator has not answered. */
  get profile(): Uint8Array | undefined {
    return this.#profile;
  }

  /** @throws AppError 'bad-input' for a list that cannot be sent */
  setProjects(projects: readonly string[]): void {
    assertProjects(projects);
    this.#projects = [...projects];
    this.changes.emit('projects');
  }

  /** @throws AppError 'bad-input' for a name that cannot be shown */
  async setProfile({ name, team }: PublicName): Promise<void> {
    assertNames({ name, team });
    // Two in one millisecond are still one after the other.
    this.#issuedMs = Math.max(this.#clock.now(), this.#issuedMs + 1);
    const issuedMs = this.#issuedMs;
    const signed = await sealProfile({ name, team, issuedMs }, this.#key);
    if (this.#issuedMs !== issuedMs) return; // another was wished for meanwhile
    this.#profile = signed;
    this.changes.emit('profile');
  }

  /** The coordinator has said what it does about the name; it need not be told again. */
  answered(): void {
    this.#profile = undefined;
  }
}
