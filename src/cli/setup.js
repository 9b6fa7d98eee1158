// Plain JavaScript: this file must load in a Node that cannot read TypeScript.

/**
 * What to tell somebody whose Node is too old or who has not installed the packages, or null when all is well.
 * js-libp2p v3 needs Node 22.12; running TypeScript as it is needs 22.18, or 23.6 on the odd line between.
 * @param {string} version such as "20.20.2"
 * @param {boolean} installed whether the packages are there
 * @returns {string | null} one line
 */
export function setupAdvice(version, installed) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const recent = major >= 24 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18);
  if (recent && installed) return null;
  const reason = recent
    ? 'its packages are not installed'
    : `this is Node ${version}, and it needs 22.18 or newer`;
  return `Tilework cannot start: ${reason}. Run "npm ci" (it also brings Node 24), then "npm run tilework -- …".`;
}
