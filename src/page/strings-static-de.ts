/** index.html's own text in German, by its `data-text`. */
export const staticDe: Readonly<Record<string, string>> = {
  title: 'Leihen Sie Ihre GPU einer gemeinsamen Rechnung',
  lead: 'Tilework zerlegt große Matrixprodukte in kleine Teile, und die Browser der Besucher berechnen sie. Das hilft Menschen mit großen Fragen und kleinen Rechnern: bei Suche, Statistik, Physik und maschinellem Lernen.',
  network: 'Das Netzwerk, live',
  how: 'So funktioniert es',
  how1: 'Ein Koordinator zerlegt ein großes Produkt in Teile und verteilt sie an die Browser, in denen jemand auf Start gedrückt hat.',
  how2: 'Ihre GPU multipliziert, in kurzen Scheiben, mit Code, der mit dieser Seite kam und nie aus dem Netz.',
  how3: 'Ihr Browser signiert das Ergebnis mit einem Schlüssel, der nur dafür gemacht ist und ihn nie verlässt.',
  how4: 'Der Koordinator prüft jede Zahl mit Zufallsvektoren. Ein falsches Ergebnis rutscht bei ganzen Zahlen seltener als einmal in 10²¹ Versuchen durch; bei Dezimalzahlen muss es innerhalb des Rundungsfehlers der Rechnung liegen.',
  how5: 'Geprüfte Arbeit wird Ihrer Kennung gutgeschrieben: 1 Guthaben sind 10¹² Multiplikationen mit Addition. Es ist ein öffentliches Dankeschön, kein Geld, und hier wird nichts geschürft.',
  sent: 'Was wird gesendet?',
  sent1:
    'An den Koordinator: Ihre Ergebnisse, Ihre Kennung (ein öffentlicher Schlüssel), wie schnell Ihre GPU und Ihre Verbindung sind und wie viel Speicher benutzt werden darf. Wie jeder Server sieht er auch Ihre Netzwerkadresse.',
  sent2:
    'Vom Koordinator: Blöcke von Zahlen. Sie gehören denen, die das Produkt in Auftrag gegeben haben; bitte verwenden Sie sie nicht anderweitig.',
  sent3: 'Veröffentlicht: Ihre Kennung mit den Teilen und dem Guthaben, das sie verdient hat.',
  sent4:
    'Sonst nichts: kein Konto, keine Cookies, kein Tracking, keine andere Website. Der Schlüssel bleibt in diesem Browser, bis Sie dessen Daten löschen.',
  sent5:
    'Auf Ihrer Festplatte: Blöcke von Zahlen, die schon einmal kamen, damit sie nicht noch einmal kommen müssen. Wie viele, bestimmen Sie; löschen können Sie sie jederzeit.',
  sent6: 'Für Auftraggeber: Die Zahlen, mit denen gerechnet wird, sind vor den Mitrechnenden nicht geheim.',
  language: 'Sprache',
  footer: 'Freie Software, Apache-2.0. Kein Mining, kein Tracking, keine Werbung.',
};
