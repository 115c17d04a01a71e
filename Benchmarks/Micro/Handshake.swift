import SealaneAEAD
import TestSupport

/// A whole handshake between two ends that have just learnt of each other, the work of both: initiation, response, the
/// waiting packet that confirms, and the keys of both lanes.
struct Handshake: Workload, ~Copyable {
    private var pair: LanePair

    init(_ suite: CipherSuite, _ provider: AEADProvider) throws {
        pair = try LanePair.established(suite, provider)
    }

    var unitsPerAct: Int { 1 }

    mutating func prepare() { pair.forget() }

    mutating func act() {
        pair.agree()
        precondition(pair.near.isEstablished && pair.far.isEstablished, "the handshake has led to no session")
    }
}
