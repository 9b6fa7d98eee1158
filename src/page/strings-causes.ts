/** What only the page can find out about a problem, in its own words: brought when there is one, in both languages. */
import type { NoticeText } from './strings.ts';

/** 'no-storage': this window keeps nothing. 'no-socket': HTTP leads to the coordinator, and no WebSocket does. 'rules': this page's content security policy. */
export type Cause = 'no-storage' | 'no-socket' | 'rules';

export const causesEn: Readonly<Record<Cause, NoticeText>> = {
  'no-storage': {
    title: 'This window may keep nothing',
    advice:
      'The key that signs your results must stay in the browser, and this window, perhaps a private one, does not allow that. Open this page in a window that is not private, or allow it to keep site data.',
  },
  'no-socket': {
    title: 'Something on the way lets no WebSocket through',
    advice:
      'The coordinator answers, but the connection over which numbers travel does not come about. A proxy, a firewall, a virus scanner or an extension may block WebSockets: try another network, or ask whoever runs this one to allow them. This page keeps trying.',
  },
  rules: {
    title: 'The rules of this site forbid the connection',
    advice:
      'Its content security policy does not name the coordinator, so the browser does not connect to it. There is nothing that you can do here; please tell whoever runs this site to add the coordinator’s address to connect-src.',
  },
};

export const causesDe: Readonly<Record<Cause, NoticeText>> = {
  'no-storage': {
    title: 'Dieses Fenster darf nichts behalten',
    advice:
      'Der Schlüssel, der Ihre Ergebnisse signiert, muss im Browser bleiben, und dieses Fenster, vielleicht ein privates, erlaubt das nicht. Öffnen Sie die Seite in einem Fenster, das nicht privat ist, oder erlauben Sie ihr, Websitedaten zu speichern.',
  },
  'no-socket': {
    title: 'Etwas auf dem Weg lässt keine WebSockets durch',
    advice:
      'Der Koordinator antwortet, aber die Verbindung, über die die Zahlen laufen, kommt nicht zustande. Ein Proxy, eine Firewall, ein Virenscanner oder eine Erweiterung blockiert vielleicht WebSockets: Versuchen Sie ein anderes Netz, oder bitten Sie die Betreiber dieses Netzes, sie zu erlauben. Diese Seite versucht es weiter.',
  },
  rules: {
    title: 'Die Regeln dieser Website verbieten die Verbindung',
    advice:
      'Ihre Content Security Policy nennt den Koordinator nicht, deshalb verbindet sich der Browser nicht mit ihm. Sie selbst können hier nichts tun; sagen Sie bitte den Betreibern dieser Website, dass die Adresse des Koordinators in connect-src fehlt.',
  },
};
