import { describe, expect, it } from 'vitest';
import { fileHolds, pageHolds } from '../../src/coordinator/site-proof.ts';

const TOKEN = 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA';
const META = `<meta name="tilework-site" content="${TOKEN}">`;

describe('the file', () => {
  it('holds a token among others', () => {
    expect(fileHolds(JSON.stringify({ v: 1, tokens: ['other', TOKEN], more: true }), TOKEN)).toBe(true);
  });
  it.each([
    '',
    'null',
    '[]',
    TOKEN,
    JSON.stringify(TOKEN),
    JSON.stringify({ tokens: [TOKEN] }),
    JSON.stringify({ v: 2, tokens: [TOKEN] }),
    JSON.stringify({ v: 1, tokens: TOKEN }),
    JSON.stringify({ v: 1, tokens: [`${TOKEN}x`, [TOKEN], { 0: TOKEN }] }),
    JSON.stringify({ v: 1, tokens: [TOKEN] }).slice(0, -1),
    '<html>',
  ])('does not with %j', (text) => {
    expect(fileHolds(text, TOKEN)).toBe(false);
  });
});

describe('the page', () => {
  it.each([
    META,
    `<!doctype html><html lang=en><head><meta charset=utf-8><title>A & B</title>${META}</head><body>`,
    `<HEAD>\n<META CONTENT='${TOKEN}'\n  NAME = tilework-site />`,
    `<meta content=${TOKEN} name=tilework-site>`,
    `<meta name="description" content="a > b">${META}`,
    `<script>if (a < b) document.write("</p>")</script>${META}`,
    `<meta name="tilework-site" content="another coordinator's">${META}`,
  ])('holds a token with %j', (html) => {
    expect(pageHolds(html, TOKEN)).toBe(true);
  });

  it.each([
    '',
    '<meta',
    `<!-- ${META} -->`,
    `<!-- ${META}`,
    `<script>'${META}'</script>`,
    `<title>${META}</title>`,
    `<noscript>${META}</noscript>`,
    `<template>${META}</template>`,
    `<textarea>${META}`,
    `</head>${META}`,
    `<body>${META}</body>`,
    `<meta name="description" content=' ${META} '>`,
    `<meta name="description" content="name=tilework-site content=${TOKEN}">`,
    `<meta name="description" name="tilework-site" content="${TOKEN}">`,
    `<meta name="tilework-site" content="${TOKEN}`,
    `<meta name="tilework-site" content="x${TOKEN}">`,
    `<meta name="tilework-sites" content="${TOKEN}">`,
    `<link name="tilework-site" content="${TOKEN}">`,
    META.replaceAll('<', '&lt;'),
  ])('does not with %j', (html) => {
    expect(pageHolds(html, TOKEN)).toBe(false);
  });

  it.each(['<', '<meta ', '<a b="', '<a b=\'"', '<!--', '<script>', '</', '<meta name=x ', '<a =', '< '])(
    'of nothing but %j is read as fast as any',
    (piece) => {
      const html = piece.repeat(Math.ceil(65_536 / piece.length));
      const begun = performance.now();
      expect(pageHolds(html, TOKEN)).toBe(false);
      expect(performance.now() - begun).toBeLessThan(500);
    },
  );
});
