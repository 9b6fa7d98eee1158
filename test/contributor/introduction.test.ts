import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Introduction } from '../../src/contributor/introduction.ts';
import { openProfile } from '../../src/protocol/envelope.ts';
import { generateKey, peerIdOf } from '../../src/protocol/keys.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import type { Conversation } from './conversation.ts';
import { type RigContributor, ScriptedCoordinator, startContributor } from './rig.ts';

describe('what a visitor says of itself', () => {
  it('is refused where it cannot be sent, and changes nothing then', async () => {
    const me = new Introduction(await generateKey(), new FakeClock());
    await expect(me.setProfile({ name: 'x'.repeat(41), team: '' })).rejects.toThrow('This name has more');
    await expect(me.setProfile({ name: '', team: 'a\u202Eb' })).rejects.toThrow('This team holds');
    for (const projects of [[''], ['x'.repeat(513)], ['\uD800'], Array.from({ length: 33 }, () => 'x')])
      expect(() => me.setProjects(projects)).toThrow(/project/);
    expect([me.profile, me.projects]).toEqual([undefined, []]);
  });

  it('is signed with times that rise, however quickly they follow, and the last one counts', async () => {
    const key = await generateKey();
    const me = new Introduction(key, new FakeClock(1000));
    const heard: unknown[] = [];
    me.changes.on((part) => heard.push(part));
    await Promise.all(['a', 'b', 'c'].map((name) => me.setProfile({ name, team: '' })));
    const { value } = await openProfile(me.profile!, peerIdOf(key));
    expect(value).toEqual({ name: 'c', team: '', issuedMs: 1002 });
    expect(heard).toEqual(['profile']);
  });
});

describe('a contributor that says something of itself', () => {
  let coordinator: ScriptedCoordinator;
  let me: RigContributor;
  beforeEach(async () => {
    coordinator = await ScriptedCoordinator.start();
    me = await startContributor(coordinator.addresses);
  });
  afterEach(async () => {
    await me.stop();
    await coordinator.close();
  });

  async function greet(talk: Conversation, revision: number): Promise<readonly string[]> {
    const { projects } = await talk.next('hello');
    const welcome = { version: 1, network: 'scripted', window: 2, balanceMicrocredits: 0n };
    await talk.say({ type: 'welcome', ...welcome, ...(revision > 0 && { revision }) });
    await talk.next('ready');
    return projects;
  }

  const notice = (code: string, text: string) => ({ type: 'notice', code, text, retryAfterMs: 0 }) as const;

  it('says its name until it is answered, over as many connections as that takes', async () => {
    await me.engine.setProfile({ name: 'Ada', team: 'Engines' });
    const first = await coordinator.connection(0);
    await greet(first, 1);
    const said = await first.next('set-profile');
    expect((await openProfile(said.envelope, me.peerId)).value).toMatchObject({
      name: 'Ada',
      team: 'Engines',
    });
    await first.say(notice('profile-waiting', 'Later.'));
    await me.until(({ nameAnswer }) => nameAnswer?.state === 'waiting');
    await first.link.close();
    const second = await coordinator.connection(1);
    await greet(second, 1);
    expect((await second.next('set-profile')).envelope).toEqual(said.envelope);
    await second.say(notice('profile-kept', 'Shown.'));
    const kept = await me.until(({ nameAnswer }) => nameAnswer?.state === 'kept');
    expect(kept.nameAnswer?.text).toBe('Shown.');
    expect(kept.detail).not.toBe('Shown.'); // it is not about work
    await second.link.close();
    const third = await coordinator.connection(2);
    await greet(third, 1);
    // Another name goes out at once.
    await me.engine.setProfile({ name: 'Ada L.', team: '' });
    const other = await third.next('set-profile');
    expect((await openProfile(other.envelope, me.peerId)).value.name).toBe('Ada L.');
    expect(third.unread('set-profile')).toBe(0);
  });

  it('keeps its name from a coordinator that would take it for nonsense', async () => {
    await me.engine.setProfile({ name: 'Ada', team: '' });
    const talk = await coordinator.connection(0);
    await greet(talk, 0);
    await me.engine.setProfile({ name: 'Ada L.', team: '' });
    me.engine.setProjects(['genomes']);
    expect((await talk.next('hello')).projects).toEqual(['genomes']); // any coordinator knows a Hello
    expect(talk.unread('set-profile')).toBe(0);
  });

  it('says which projects it wants in its first Hello, and in another one when that changes', async () => {
    me.engine.setProjects(['digits']);
    const talk = await coordinator.connection(0);
    expect(await greet(talk, 1)).toEqual(['digits']);
    me.engine.setProjects([]);
    expect((await talk.next('hello')).projects).toEqual([]);
    me.engine.setProjects(['genomes', 'digits']);
    expect((await talk.next('hello')).projects).toEqual(['genomes', 'digits']);
    expect(talk.unread('hello')).toBe(0);
  });
});
