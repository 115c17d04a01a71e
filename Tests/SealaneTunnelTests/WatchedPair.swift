import SealanePacket
import SealaneTunnel
import TestSupport

/// Two ends that refuse a path that their witnesses refuse, and something between them.
final class WatchedPair {
    let pair: SimulatedPair
    /// What the path carries, in bytes of whole IP packets.
    var mtu = 9001
    /// The same from B to A, where that is less.
    var mtuToA = 9001
    /// To what the source of what travels to B is rewritten.
    var sourceAtB: Endpoint?
    /// The same of data alone.
    var sourceOfDataAtB: Endpoint?
    var hopLimit: UInt8 = 255
    /// What somebody in the middle drops, by what can be seen of a datagram.
    var isLost: ([UInt8]) -> Bool = { _ in false }
    /// How many handshakes were begun.
    private(set) var initiationCount = 0

    init(interfaceMTU: Int = 1500) throws {
        pair = try SimulatedPair(interfaceMTU: interfaceMTU)
        for host in [pair.a, pair.b] {
            host.tunnel.provesMTU = true
            host.tunnel.require(hopLimit: 255)
            host.performOutputs()
            host.pathReasons = { path in
                if path.translation?.isTranslated == true { return Array("translated".utf8) }
                if let forwarding = path.forwarding, forwarding.hopLimit < 255 { return Array("forwarded".utf8) }
                if let mtu = path.mtu, mtu.carried < mtu.stated { return Array("reduced".utf8) }
                return nil
            }
        }
    }

    /// Carries datagrams until the link is empty.
    func exchange() {
        while true {
            let (fromA, fromB) = (pair.a.popOutbox(), pair.b.popOutbox())
            if fromA.isEmpty, fromB.isEmpty { return }
            initiationCount += (fromA + fromB).count { $0.bytes.first == 1 }
            for datagram in fromA where datagram.bytes.count + 28 <= mtu && !isLost(datagram.bytes) {
                let source = (datagram.bytes.first == 4 ? sourceOfDataAtB : nil) ?? sourceAtB ?? pair.a.endpoint
                pair.b.receive(datagram: datagram.bytes, from: source, hopLimit: hopLimit)
            }
            // What answers a translated source is translated back.
            for datagram in fromB where datagram.bytes.count + 28 <= min(mtu, mtuToA) && !isLost(datagram.bytes) {
                guard datagram.to == sourceAtB ?? pair.a.endpoint || datagram.to == pair.a.endpoint else { continue }
                pair.a.receive(datagram: datagram.bytes, from: pair.b.endpoint, hopLimit: hopLimit)
            }
        }
    }

    /// Lets time pass on both ends, in steps of 10 ms, lanes reporting every half second.
    func live(for duration: Duration, _ each: (Int) -> Void = { _ in }) {
        let steps = Int(duration / .milliseconds(10))
        for step in 0..<steps {
            for host in [pair.a, pair.b] {
                host.advance(by: .milliseconds(10))
                if step.isMultiple(of: 50) { host.tick() } else { host.act() }
            }
            each(step)
            exchange()
        }
    }

    var states: [PeerStatus.State?] { [pair.a.status?.state, pair.b.status?.state] }
}
