/** WCAG 2.2 contrast of every visible text, measured in the page itself. Runs inside the browser. */

export interface Faint {
  readonly text: string;
  readonly ratio: number;
}

/** Texts below `least`:1 against the first opaque ground behind them. */
export function faintTexts(least: number): Faint[] {
  const luminance = (colour: number[]): number => {
    const [r = 0, g = 0, b = 0] = colour.map((value) => {
      const channel = value / 255;
      return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const numbers = (css: string): number[] => css.match(/[\d.]+/g)?.map(Number) ?? [];
  const groundOf = (element: Element | null): number[] => {
    for (let at = element; at; at = at.parentElement) {
      const [r = 0, g = 0, b = 0, alpha = 1] = numbers(getComputedStyle(at).backgroundColor);
      if (alpha === 1) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const faint: Faint[] = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    const text = node.textContent?.trim() ?? '';
    if (!element || text === '' || !element.checkVisibility() || element.closest('noscript, script'))
      continue;
    const pair = [
      luminance(numbers(getComputedStyle(element).color).slice(0, 3)),
      luminance(groundOf(element)),
    ];
    const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    if (ratio < least) faint.push({ text, ratio });
  }
  return faint;
}
