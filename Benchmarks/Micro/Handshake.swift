import SealaneAEAD
import TestSupport

/// A whole handshake between two ends that have just learnt of each other, the work of both: initiation, response, the
/// waiting packet that confirms, and the keys of both lanes.
struct Handshake: Workload, ~Copyable {
    private var pair: LanePair

    init(_ suite: CipherSuite, _ provider: AEADProvider) throws {
        pair = try LanePair.established(suite, provider)
    }

    /// The fleet's name is a short string.
    static var isCountable: Bool { false }

    var unitsPerAct: Int { 1 }

    mutating func prepare() { pair.forget() }

    mutating func act() {
        pair.agree()
        precondition(pair.isEstablished, "the handshake has led to no session")
    }
}

/// As `Handshake`, between two ends that have known each other for a while, with certificates that both judge.
struct CertifiedHandshake: Workload, ~Copyable {
    enum Work: String, CaseIterable {
        case both = "both ends"
        /// The response to the last initiation, the packet that confirms it, and the next initiation.
        case initiator
        /// The packet that confirms the last session, and the response to the next initiation.
        case responder
    }

    enum Verification: String, CaseIterable {
        case remembered = "certificates verified before"
        case again = "certificates verified again"

        /// Handshakes on one core, the work of both ends.
        var leastPerSecond: Double { self == .remembered ? 2000 : 500 }
    }

    private var pair: LanePair
    private let work: Work
    private let verification: Verification

    init(_ work: Work, _ verification: Verification, _ suite: CipherSuite, _ provider: AEADProvider) throws {
        pair = try LanePair.established(suite, provider, fleet: CertifiedFleet())
        self.work = work
        self.verification = verification
    }

    /// Certificates and facts are full of short strings.
    static var isCountable: Bool { false }

    static func name(_ work: Work, _ verification: Verification) -> String {
        "handshake: \(verification.rawValue), \(work.rawValue)"
    }

    var unitsPerAct: Int { 1 }

    mutating func prepare() {
        if verification == .again { pair.forgetVerifications() }
        switch work {
        case .both: pair.part()
        case .initiator: pair.answer()
        case .responder: pair.ask()
        }
    }

    mutating func act() {
        switch work {
        case .both:
            pair.agree()
            precondition(pair.isEstablished, "the handshake has led to no session")
        case .initiator:
            pair.ask()
            precondition(!pair.near.outbox.isEmpty, "no initiation")
        case .responder:
            pair.answer()
            precondition(!pair.far.outbox.isEmpty && pair.isFarEstablished, "no response, or no session")
        }
    }
}
