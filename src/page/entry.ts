/** What index.html loads: the page itself, or, in a host's page, the frame (and then nothing of the page). */
const framed = new URLSearchParams(location.search).has('embed') && parent !== window;

/** A link from the frame on somebody's site brings a code: see join.ts. */
function offerJoin(): void {
  if (location.hash.startsWith('#join')) void import('./join.ts').then(({ showJoin }) => showJoin());
}

if (framed) void import('./embed.ts').then(({ openEmbed }) => openEmbed());
else {
  void import('./main.ts');
  offerJoin();
  addEventListener('hashchange', offerJoin);
}
