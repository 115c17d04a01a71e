import SealaneAEAD

/// An initiation of this host that waits for its response. A class because the handshake's secrets must not be copied.
final class InitiationAttempt {
    let index: SessionIndex
    let handshake: NoiseInitiator
    /// mac1 of the datagram: a cookie reply must answer it.
    let mac1: [UInt8]
    /// Those of the initiations before it, the newest first: a message that one of them prompted may still arrive.
    let earlierMACs: [[UInt8]]
    let timestamp: TAI64N
    /// The peer's initiation that prompted it, if it did.
    let prompt: HandshakePrompt?
    /// Whether no packet and no session asked for it (`Peer.beginOwn`).
    let isOwnIdea: Bool
    let firstSentAt: MonotonicTime
    /// How many initiations have been sent since then, this one included.
    let number: Int
    let retryAt: MonotonicTime
    /// When a new session replaces the one that this initiation leads to, because the initiation states what is out of
    /// date. Nil: it is up to date.
    var replaceSessionAt: MonotonicTime?
    /// When a response of each kind last cost work.
    private var lastTried: [MonotonicTime?] = [nil, nil, nil, nil]

    init(
        index: SessionIndex, handshake: consuming NoiseInitiator, mac1: [UInt8], earlierMACs: [[UInt8]],
        timestamp: TAI64N, prompt: HandshakePrompt?, isOwnIdea: Bool, firstSentAt: MonotonicTime, number: Int,
        retryAt: MonotonicTime
    ) {
        self.index = index
        self.handshake = handshake
        self.mac1 = mac1
        self.earlierMACs = earlierMACs
        self.timestamp = timestamp
        self.prompt = prompt
        self.isOwnIdea = isOwnIdea
        self.firstSentAt = firstSentAt
        self.number = number
        self.retryAt = retryAt
    }

    /// The macs to keep when the next initiation leaves: as many as leave within 4 s.
    var macsSoFar: [[UInt8]] { Array(([mac1] + earlierMACs).prefix(TunnelLimits.initiationsUntilUnreachable)) }

    /// Whether the prompt names one of the initiations of this attempt.
    func isNamed(by prompt: HandshakePrompt) -> Bool { prompt.mac1 == mac1 || earlierMACs.contains(prompt.mac1) }

    /// Whether a response may cost work, which is two Diffie-Hellmans. Copies and forgeries of one kind do not use up
    /// the allowance of the other kinds.
    ///
    /// - Parameters:
    ///   - isProven: whether its sender has read the initiation.
    ///   - isFromEndpoint: whether it came from where the initiation went.
    func mayTry(isProven: Bool, isFromEndpoint: Bool, at now: MonotonicTime) -> Bool {
        let place = (isProven ? 2 : 0) + (isFromEndpoint ? 1 : 0)
        let interval = isFromEndpoint ? TunnelLimits.responseInterval : TunnelLimits.mismatchedResponseInterval
        if let last = lastTried[place], now.since(last) < interval { return false }
        lastTried[place] = now
        return true
    }
}
