/** In the browser: the report as the page mounts it, over a keeper of its own. */
import pageStyle from '../../src/page/page.css?inline';
import reportStyle from '../../src/page/report.css?inline';
import { systemClock } from '../../src/core/clock.ts';
import { NO_JOURNAL } from '../../src/page/journal.ts';
import { JournalKeeper } from '../../src/page/journal-keeper.ts';
import { serializeJournal } from '../../src/page/journal-text.ts';
import '../../src/page/report.ts';
import { reportDe } from '../../src/page/strings-report-de.ts';
import { reportEn } from '../../src/page/strings-report-en.ts';
import { aNight, HOUR, ended, seen, watched } from './journal-night.ts';

document.adoptedStyleSheets = [pageStyle, reportStyle].map((text) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  return sheet;
});

const saved: { name: string; blob: Blob }[] = [];
const report = document.createElement('tilework-report');
const main = document.createElement('main');
main.append(report);
document.body.append(main);

localStorage.clear();
const keeper = new JournalKeeper({
  storage: localStorage,
  clock: systemClock,
  onChange: () => show(),
});
report.save = (name, blob) => saved.push({ name, blob });
report.addEventListener('report-watts', (event) => keeper.setWatts((event as CustomEvent<number>).detail));
report.addEventListener('report-clear', () => keeper.clear());
report.addEventListener('report-undo', () => keeper.undo());

function show(language = document.documentElement.lang): void {
  document.documentElement.lang = language;
  report.strings = language === 'de' ? reportDe : reportEn;
  report.journal = keeper.journal;
  report.undoable = keeper.canUndo;
}

/** @param what - what was kept before this page was opened */
export async function open(what: 'nothing' | 'nights', language = 'en', dir = 'ltr'): Promise<void> {
  const evening = watched([
    [-20 * HOUR, seen()],
    [-19 * HOUR, ended({ shardsVerified: 12 })],
  ]);
  const night = aNight();
  const sessions = [...evening.sessions, ...night.sessions];
  const journal = what === 'nights' ? { ...night, sessions } : NO_JOURNAL;
  localStorage.setItem('tilework-journal', serializeJournal(journal));
  keeper.refresh();
  document.documentElement.dir = dir;
  show(language);
  await report.updateComplete;
}

export async function lastSaved(): Promise<{ name: string; type: string; head: number[]; text: string }> {
  const { name, blob } = saved.at(-1)!;
  const bytes = new Uint8Array(await blob.arrayBuffer());
  return { name, type: blob.type, head: [...bytes.subarray(0, 24)], text: await blob.text() };
}

/** As a data URL, to be looked at. */
export async function lastImage(): Promise<string> {
  const reader = new FileReader();
  reader.readAsDataURL(saved.at(-1)!.blob);
  await new Promise((done) => reader.addEventListener('load', done));
  return reader.result as string;
}
