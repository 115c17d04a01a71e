import SealaneLinux
import SealanePacket

extension DownReport.Traffic {
    /// Asks the kernel.
    init(to prefix: IPPrefix) throws(SystemError) {
        switch try NetworkRoute.answer(to: "\(prefix.sampleAddress)") {
        case .refused: self.init(prefix: "\(prefix)", outcome: .refused)
        case .out(let hops):
            self.init(
                prefix: "\(prefix)", outcome: .clear,
                interface: hops.first.flatMap { NetworkInterface.name(of: $0.interfaceIndex) },
                via: hops.first?.gateway)
        }
    }
}

extension IPPrefix {
    /// The first address in it that a host can have.
    var sampleAddress: IPAddress {
        let first = network.address
        return isHostRoute ? first : IPAddress(high: first.high, low: first.low | 1)
    }
}
