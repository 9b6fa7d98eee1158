/** What index.html loads: the page itself, or, in a host's page, the frame (and then nothing of the page). */
const framed = new URLSearchParams(location.search).has('embed') && parent !== window;

if (framed) void import('./embed.ts').then(({ openEmbed }) => openEmbed());
else void import('./main.ts');
