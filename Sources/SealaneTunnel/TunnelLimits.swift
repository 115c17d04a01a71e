/// The numbers of the protocol, each with its reason. Timers are WireGuard's (whitepaper, section 6.1), because operators know them.
/// If a number differs, the comment gives the cause.
public enum TunnelLimits {
    /// A session older than this is replaced by the end that initiated it, if it still carries data.
    public static var rekeyAfter: Duration { .seconds(120) }
    /// A session older than this neither seals nor opens.
    package static var rejectAfter: Duration { .seconds(180) }
    /// WireGuard's REKEY_TIMEOUT: the greatest delay between two initiations of one attempt at a handshake.
    package static var retryAfter: Duration { .seconds(5) }
    /// How long the n-th initiation, counted from 1, waits for its response before the next one leaves: 250 ms, 500 ms,
    /// 1 s, 2 s, then `retryAfter`. Often only the first one is lost, because the peer's agent had not started or a flood
    /// filled its queue; WireGuard waits 5 s each time. A response to an initiation that was repeated meanwhile does not
    /// count: if a round trip takes longer than the first delays, a handshake needs some more initiations.
    package static func retryDelay(afterInitiation number: Int) -> Duration {
        number <= 4 ? .milliseconds(125) * (1 << max(number, 1)) : retryAfter
    }
    /// A random part of up to a fifteenth is added to each delay, as WireGuard adds 333 ms to its 5 s.
    package static var retryJitterDivisor: Int { 15 }
    /// So many initiations without a response, sent within 4 s, mean that the peer is unreachable.
    package static var initiationsUntilUnreachable: Int { 4 }
    /// Attempts end after this long. The next packet begins another one.
    package static var giveUpAfter: Duration { .seconds(90) }
    /// After data has arrived and nothing was sent for this long, the tunnel sends a keepalive.
    package static var keepaliveAfter: Duration { .seconds(10) }
    /// After data was sent and nothing has arrived for this long, the peer is gone or has lost its keys. `keepaliveAfter` +
    /// `retryAfter`.
    package static var deadAfter: Duration { .seconds(15) }
    /// How long a refusal stands before a packet may begin a handshake: short enough to notice a corrected policy.
    package static var refusalStandsFor: Duration { .seconds(10) }
    /// If this host's claims change, it renews all sessions, at random moments of this span: 200 a second, which are 5 % of a core,
    /// but all within a minute.
    package static func renewalSpan(sessionCount: Int) -> Duration {
        min(.milliseconds(5) * sessionCount, .seconds(60))
    }
    /// The least time between two initiations accepted from one peer: 20 a second.
    package static var initiationInterval: Duration { .milliseconds(50) }
    /// The least time between two initiations because of data of unknown sessions from a peer's endpoint.
    package static var unknownSessionInterval: Duration { .seconds(1) }

    /// The least time between two handshakes that this host begins because it rejected an initiation; with a session,
    /// `refusalStandsFor`.
    package static var ownHandshakeInterval: Duration { .seconds(1) }
    /// Such a handshake is given up after this long, unless a packet waits.
    package static var ownHandshakeGivenUpAfter: Duration { .seconds(15) }
    /// The least time between two reports about the same lasting state.
    package static var eventInterval: Duration { .seconds(60) }
    /// The least time between two reports of handshakes that are rejected for the same cause.
    package static var reminderInterval: Duration { .seconds(3600) }
    /// The least time between two records of messages that anybody can have sent in the name of a peer's endpoint.
    package static var unprovenInterval: Duration { .seconds(1) }
    /// How many such records may be reported at once; one a second after that.
    package static var unprovenReportBurst: Int { 10 }
    /// Keys without a peer whose timestamps are kept: those of former peers, which may come back.
    package static var rememberedStrangers: Int { 4096 }

    /// How long a handshake message waits for a decision. By then its sender has begun again: `retryAfter`.
    package static var decisionPatience: Duration { .seconds(5) }

    /// Sealed 16-byte blocks of one lane after which the tunnel renews the session, and after which the lane seals none.
    ///
    /// For AES-GCM, draft-irtf-cfrg-aead-limits bounds an attacker's advantage over an ideal cipher by
    /// blocks² / 2^129: (2^36)² / 2^129 = 2^-57 at the hard limit. ChaCha20-Poly1305 is safe for longer; one limit
    /// serves both. At 100 Gbit/s on one lane 2^35 blocks last 2^35 × 16 × 8 / 10^11 = 44 s.
    @inlinable public static var rekeyAfterBlocks: UInt64 { 1 << 35 }
    @inlinable public static var rejectAfterBlocks: UInt64 { 1 << 36 }

    /// Initiations that cost a Diffie-Hellman, per second, above which strangers must first return a cookie.
    /// Each costs the responder about 0.23 ms: 200 a second are 5 % of a core.
    package static var initiationsPerSecondBeforeLoad: Int { 200 }
    /// Under load, of all configured peers together: a whole fleet may have restarted. They are a quarter of a core.
    package static var initiationsPerSecondOfPeers: Int { 2000 }
    /// Under load, of all other sources together: peers behind a translation, and strangers.
    package static var initiationsPerSecondOfOthers: Int { 500 }
    /// Responses a second that cost two Diffie-Hellmans without a proof that their sender has read the initiation.
    package static var unprovenResponsesPerSecond: Int { 200 }
    /// The least time between two such responses to one initiation: from the peer's endpoint, and from elsewhere.
    package static var responseInterval: Duration { .milliseconds(1) }
    package static var mismatchedResponseInterval: Duration { .milliseconds(100) }
    /// Under load, per peer or per source address (IPv6: per /64): WireGuard's figures.
    package static var initiationsPerSecondPerSource: Int { 20 }
    package static var initiationBurstPerSource: Int { 5 }

    /// Sessions, and attempts at one, that may be under way at a time.
    package static var sessionCount: Int { 1 << 20 }
    /// Packets of one peer, on one lane, that wait for a handshake; the oldest gives way.
    package static var pendingPacketsPerPeer: Int { 64 }
    /// Bytes that wait on one lane for all peers together.
    package static var pendingByteCountPerLane: Int { 1 << 20 }

    /// The bytes that Sealane adds inside an outer UDP datagram: header 16 and tag 16.
    @inlinable public static var sealOverhead: Int { 32 }
    /// Bytes from the underlay's MTU to the greatest inner packet: seal 32, UDP 8, IP 20 or 40.
    package static func overhead(overIPv4: Bool) -> Int { overIPv4 ? 60 : 80 }
    /// With more peers active than this, a session probes only the lanes that send packets: the keys of a lane are some
    /// kilobytes.
    package static var eagerLanePeerLimit: Int { 256 }
    /// How long a validating session waits for the checks of its lanes, once its path is proven.
    package static var laneValidationPatience: Duration { .seconds(3) }
    /// How often the tunnel measures the path MTU of a session that sends data.
    package static var pathCheckInterval: Duration { .seconds(5) }
    /// The TTL or hop limit of outgoing datagrams: the greatest, which no router on the path can set (RFC 5082).
    public static var hopLimit: UInt8 { 255 }
    /// The least time between two decisions about initiations that did not arrive as they claim.
    package static var mismatchInterval: Duration { .seconds(1) }

    /// EC2's jumbo frames. Loopback and InfiniBand offer more than lanes have room for.
    package static var greatestUnderlayMTU: Int { 9001 }
    /// The bytes that every IPv4 link carries whole (RFC 791). A lower MTU of a peer counts as this.
    package static var leastPacketByteCount: Int { 68 }
}
