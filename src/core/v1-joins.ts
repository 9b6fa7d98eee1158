/** The JSON of `/v1/joins`: keys that count under a main key. Plain data only; envelopes in base64. */

/** `POST /v1/joins/codes`: a signed JoinOffer. */
export interface JoinCodeRequest {
  readonly offer: string;
}

export interface JoinCodeView {
  /** 8 characters; it is good once, until then. */
  readonly code: string;
  readonly expiresMs: number;
}

/** `GET /v1/joins/codes/CODE`, once. */
export interface JoinOfferView {
  readonly offer: string;
  /** PeerId that signed it. */
  readonly joined: string;
}

/** `POST /v1/joins`: the offer and the Join that accepts it. */
export interface JoinRequest {
  readonly offer: string;
  readonly join: string;
}

export interface JoinView {
  /** SHA-256 of the Join's envelope: what a Leave names. */
  readonly id: string;
  /** PeerIds. */
  readonly joined: string;
  readonly main: string;
  readonly joinedMs: number;
  /** The statements of both keys. */
  readonly offer: string;
  readonly join: string;
}

/** `POST /v1/joins/leave`: a Leave that either key has signed. */
export interface LeaveRequest {
  readonly leave: string;
}

export interface LeaveView {
  readonly joined: string;
  readonly main: string;
  readonly endedMs: number;
}

/** `GET /v1/joins/PEERID`. */
export interface JoinsView {
  /** Under which this key counts; null: none. */
  readonly main: JoinView | null;
  /** Which count under this key. */
  readonly joined: readonly JoinView[];
}
