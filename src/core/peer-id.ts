/** The text of an Ed25519 PeerId: base58btc of a 38-byte identity multihash, whose start never varies. */
export const PEER_ID = /^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$/;
