/** The frame's look: its own, whatever the host's page looks like, so that the consent can always be read. */
import { css } from 'lit';

export const EMBED_STYLE = css`
  :root {
    color-scheme: light;
    --ground: #fffdf9;
    --ink: #1c2528;
    --soft: #56625f;
    --line: #ddd8cc;
    --track: #e4dece;
    --accent: #0f5f66;
    --on-accent: #ffffff;
    --mild: #f3ecda;
    font:
      15px/1.4 system-ui,
      sans-serif;
  }
  :root[data-theme='dark'] {
    color-scheme: dark;
    --ground: #182024;
    --ink: #e6eceb;
    --soft: #a3b0ae;
    --line: #2d383c;
    --track: #2f3a3f;
    --accent: #74c9bf;
    --on-accent: #0b2023;
    --mild: #26302f;
  }
  * {
    box-sizing: border-box;
  }
  body {
    margin: 0;
    background: var(--ground);
    color: var(--ink);
  }
  tilework-embed {
    display: block;
    block-size: 100vh;
  }
  .embed {
    display: flex;
    flex-direction: column;
    gap: 0.55rem;
    block-size: 100%;
    --rim: 0.8rem;
    padding: var(--rim) 1rem;
    border: 1px solid var(--line);
    border-radius: 0.6rem;
    overflow: auto;
    overflow-wrap: anywhere;
  }
  h1 {
    margin: 0;
    font-size: 1.05rem;
    line-height: 1.25;
  }
  p,
  ul {
    margin: 0;
  }
  ul {
    padding-inline-start: 1.1rem;
    display: grid;
    gap: 0.2rem;
    font-size: 0.87rem;
  }
  .fine {
    font-size: 0.8rem;
    color: var(--soft);
  }
  .note {
    padding: 0.35rem 0.6rem;
    border-radius: 0.4rem;
    background: var(--mild);
    font-size: 0.87rem;
  }
  .note label {
    display: flex;
    gap: 0.4rem;
    align-items: center;
    padding-block-start: 0.2rem;
  }
  .foot {
    position: sticky;
    inset-block-end: calc(-1 * var(--rim));
    margin-block: auto calc(-1 * var(--rim));
    padding-block: 0.4rem var(--rim);
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem;
    align-items: center;
    background: var(--ground);
  }
  button {
    font: inherit;
    font-weight: 600;
    padding: 0.4rem 0.95rem;
    border: 1px solid var(--accent);
    border-radius: 0.45rem;
    background: transparent;
    color: var(--accent);
    cursor: pointer;
  }
  button.main {
    background: var(--accent);
    color: var(--on-accent);
  }
  button.slight {
    padding: 0;
    border: 0;
    font-weight: inherit;
    text-decoration: underline;
  }
  a.code {
    margin: 0;
    font-weight: 600;
    font-variant-numeric: tabular-nums;
    letter-spacing: 0.05em;
  }
  button[aria-disabled='true'] {
    opacity: 0.55;
    cursor: not-allowed;
  }
  :focus-visible {
    outline: 3px solid var(--accent);
    outline-offset: 2px;
  }
  a {
    color: var(--accent);
    font-size: 0.8rem;
    margin-inline-start: auto;
  }
  .now {
    display: flex;
    gap: 0.5rem;
    align-items: baseline;
  }
  .now i {
    flex: none;
    inline-size: 0.65rem;
    block-size: 0.65rem;
    border-radius: 50%;
    background: var(--soft);
  }
  .now.working i {
    background: #2f9e6b;
    animation: breathe 2s ease-in-out infinite;
  }
  @keyframes breathe {
    50% {
      opacity: 0.35;
    }
  }
  .count {
    font-size: 0.95rem;
  }
  .count strong {
    font-size: 2rem;
    font-variant-numeric: tabular-nums;
    margin-inline-end: 0.3rem;
  }
  progress {
    flex: none;
    appearance: none;
    inline-size: 100%;
    block-size: 0.4rem;
    border: 0;
    border-radius: 0.2rem;
    overflow: hidden;
    background: var(--track);
    color: var(--accent);
  }
  progress::-webkit-progress-bar {
    background: var(--track);
  }
  progress::-webkit-progress-value {
    background: var(--accent);
  }
  progress::-moz-progress-bar {
    background: var(--accent);
  }
  /* The whole question, also where there is little room for it. */
  @media (max-height: 19rem), (max-width: 20rem) {
    .embed {
      --rim: 0.6rem;
      gap: 0.4rem;
      padding: var(--rim) 0.8rem;
    }
    h1 {
      font-size: 0.95rem;
    }
    /* Side by side, or they would lie over what they are about. */
    .foot button {
      padding-inline: 0.65rem;
      font-size: 0.87rem;
    }
    ul {
      gap: 0.1rem;
      font-size: 0.8rem;
      line-height: 1.3;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .now i {
      animation: none !important;
    }
  }
`;
