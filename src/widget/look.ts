/**
 * The placeholder's style. A constructed sheet, because a host's policy may refuse style elements and attributes. The
 * frame brings its own look: a host must not be able to make the consent unreadable.
 */

export const SIZES = ['regular', 'compact'] as const;
export type Size = (typeof SIZES)[number];

const LIGHT =
  '--ground:#fffdf9;--ink:#1c2528;--soft:#56625f;--line:#ddd8cc;--accent:#0f5f66;--on:#fff;color-scheme:light';
const DARK =
  '--ground:#182024;--ink:#e6eceb;--soft:#a3b0ae;--line:#2d383c;--accent:#74c9bf;--on:#0b2023;color-scheme:dark';

/** Below 15 × 10 rem the frame refuses to start: it could not say what it has to. */
export const STYLE = `
:host{display:block;container-type:inline-size;max-width:26rem;min-width:15rem;box-sizing:border-box;${LIGHT}}
@media(prefers-color-scheme:dark){:host(:not([theme=light],[theme=dark])){${DARK}}}
:host([theme=dark]){${DARK}}
:host([hidden]),[hidden]{display:none!important}
.card{display:flex;flex-wrap:wrap;gap:.6rem 1rem;align-items:center;justify-content:space-between;
padding:.8rem 1rem;box-sizing:border-box;border:1px solid var(--tilework-line,var(--line));
border-radius:var(--tilework-radius,.6rem);background:var(--tilework-ground,var(--ground));
color:var(--tilework-ink,var(--ink));font:var(--tilework-font,1rem/1.4 system-ui,sans-serif)}
:host([size=compact]) .card{padding:.5rem .7rem;font-size:.9rem}
.text{display:block;flex:1 1 9rem}
.quiet{color:var(--soft)}
button{font:inherit;font-weight:600;padding:.45rem .9rem;border:0;border-radius:calc(var(--tilework-radius,.6rem)*.7);
background:var(--tilework-accent,var(--accent));color:var(--tilework-on-accent,var(--on));cursor:pointer}
button:focus-visible{outline:3px solid var(--tilework-accent,var(--accent));outline-offset:2px}
iframe{display:block;width:100%;height:21rem;border:0;border-radius:var(--tilework-radius,.6rem);color-scheme:inherit}
:host([size=compact]) iframe{height:17rem}
@container(max-width:24rem){iframe{height:27rem}:host([size=compact]) iframe{height:23rem}}
iframe.busy{height:14rem!important}
@container(max-width:24rem){iframe.busy{height:17rem!important}}
iframe.waiting{position:absolute;visibility:hidden;width:15rem}
`;
