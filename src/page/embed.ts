/**
 * The frame in a host's page, `index.html?embed&origin=…`: joins the panel, the contributor and the host's loader. Of its
 * address only `origin` counts, and that says no more than whom to greet: who is around it, the browser says with
 * each message. Nothing that computes is loaded before the visitor's click.
 */
import type { CoordinatorConfig } from '../contributor/config.ts';
import { systemClock } from '../core/clock.ts';
import { type FrameMessage, type HostMessage, parseHostMessage, type Wishes } from '../widget/envelope.ts';
import { exactOrigin, openWire } from '../widget/wire.ts';
import { browserScope } from './browser-scope.ts';
import { type EmbedSignals, isPhone } from './embed-conduct.ts';
import { EmbedConsent } from './embed-consent.ts';
import { EmbedGuard } from './embed-guard.ts';
import './embed-panel.ts';
import { EmbedRun } from './embed-run.ts';
import { watchSight } from './embed-sight.ts';
import { EMBED_STYLE } from './embed-style.ts';
import { findCoordinator, metaOf } from './find-coordinator.ts';
import { returnLeases } from './lease-beacon.ts';
import { obstacle, traitsOf } from './settings.ts';
import { watchSignals } from './signals.ts';
import { storageOf } from './storage.ts';
import { embedEn } from './strings-embed-en.ts';

/** Where leases go back to when the frame is taken away. */
let api: string | undefined;

async function config(): Promise<CoordinatorConfig> {
  // Never by the frame's address: a host could name a coordinator of its own.
  const found = await findCoordinator('');
  api = found.api;
  return found;
}

export function openEmbed(): void {
  const site = exactOrigin(new URLSearchParams(location.search).get('origin'));
  // Nobody to answer, or nobody around it.
  if (site === undefined || parent === window) return;
  for (const { sheet } of document.querySelectorAll('link')) if (sheet) sheet.disabled = true;
  document.adoptedStyleSheets = [EMBED_STYLE.styleSheet!];
  const panel = document.createElement('tilework-embed');
  document.body.replaceChildren(panel);

  const wire = openWire<HostMessage, FrameMessage>({
    here: window,
    there: () => parent,
    origin: site,
    parse: parseHostMessage,
    hear: (message) => hear(message),
  });
  const scope = browserScope(globalThis);
  const phone = isPhone(navigator);
  const guard = new EmbedGuard(systemClock, () => {
    panel.veil = guard.refusal;
    if (guard.refusal === undefined) panel.refused = undefined;
    run.look();
    resume();
  });
  const watch = watchSignals(scope, systemClock, () => run.look(), {
    onMoment: (moment) => {
      if (moment === 'frozen' || moment === 'leaving') handBack();
      else if (moment !== 'hidden') run.contributor?.wake();
    },
    onSuspended: () => run.contributor?.wake(),
  });
  /** Also when the frame is taken away: the browser sends a beacon from a document that ends. */
  function handBack(): void {
    const { peerId, leases = [] } = run.contributor?.status ?? {};
    if (peerId !== undefined && api !== undefined) returnLeases(scope, api, { contributor: peerId, leases });
  }
  const consent = new EmbedConsent(site, storageOf(globalThis));
  const run = new EmbedRun({
    scope,
    clock: systemClock,
    consent,
    site,
    load: async () => (await import('../contributor/client.ts')).createContributor(),
    loadConfig: config,
    signals: (): EmbedSignals => ({ ...watch.current, dayBytes: 0, phone, unseen: guard.mustPause }),
    // An operator's own choice, such as for tests; a software adapter burns a visitor's CPU.
    allowSoftware: metaOf('software-adapter') === 'allow',
    tell: (message) => wire.tell(message),
  });

  /** Goes on under an earlier consent, once it can be seen that it does. */
  let autostart = false;
  function resume(): void {
    if (!autostart || guard.refusal !== undefined) return;
    autostart = false;
    void run.start('consent');
  }

  let theme: Wishes['theme'] = 'auto';
  const darkScheme = matchMedia('(prefers-color-scheme: dark)');
  const paint = (): void => {
    const dark = theme === 'dark' || (theme === 'auto' && darkScheme.matches);
    document.documentElement.dataset['theme'] = dark ? 'dark' : 'light';
  };
  darkScheme.addEventListener('change', paint);

  async function apply(wishes: Wishes): Promise<void> {
    theme = wishes.theme;
    paint();
    panel.project = wishes.project;
    panel.maxIntensity = wishes.maxIntensity;
    run.wish(wishes);
    const lang = wishes.lang || navigator.language;
    panel.strings = /^de\b/i.test(lang) ? (await import('./strings-embed-de.ts')).embedDe : embedEn;
    document.documentElement.lang = panel.strings.locale;
  }

  function hear(message: HostMessage): void {
    switch (message.type) {
      case 'hello':
        autostart = message.autostart;
        void apply(message).then(begin);
        break;
      case 'wishes':
        void apply(message);
        break;
      case 'open':
        // Not the focus: a key that was meant for the page around must not press Start.
        panel.scrollIntoView({ block: 'nearest' });
        break;
      case 'stop':
        void run.stop('host');
        break;
      case 'finish':
        void run.finish();
        break;
    }
  }

  let begun = false;
  function begin(): void {
    if (begun) return;
    begun = true;
    const cannot = obstacle(traitsOf(globalThis));
    if (cannot) {
      wire.tell({ type: 'error', code: cannot });
      return;
    }
    watchSight(panel, systemClock, (sight) => guard.see(sight));
  }

  panel.site = site;
  panel.project = '';
  panel.maxIntensity = 1;
  panel.veil = guard.refusal;
  panel.state = run.state;
  panel.actions = {
    start: () => void run.start('click'),
    stop: () => void run.stop('visitor'),
    finish: () => void run.finish(),
    close: () => void run.stop('visitor').then(() => wire.tell({ type: 'close' })),
    join: async () => (await (await import('../contributor/joins.ts')).openJoins(api ?? '')).offer(),
    setAnyway: (anyway) => run.setAnyway(anyway),
    refusal: () => guard.refusal,
  };
  run.onChange((state) => {
    panel.state = state;
  });
  addEventListener('online', () => run.contributor?.wake());
  wire.tell({ type: 'ready' });
}
