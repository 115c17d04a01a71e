import SealaneFigures
import SealaneLinux
import SealanePacket

extension BenchHost {
    /// Reads the facts of this host.
    /// - Parameters:
    ///   - address: the address outside the tunnel at which it is measured.
    static func read(at address: IPAddress, agent: BenchAgent?) throws(SystemError) -> BenchHost {
        let interface = try NetworkInterface.holding(SocketAddress(address, port: 0))
        let mtu: Int =
            if let interface { try NetworkInterface.mtu(of: interface.name) } else { 0 }
        return BenchHost(
            name: HostHardware.hostName ?? "unknown", kernel: HostHardware.kernelRelease ?? "unknown",
            processors: CurrentProcess.processorCount, processorModel: HostHardware.processorModel,
            memoryByteCount: HostHardware.memoryByteCount,
            address: "\(address)", mtu: mtu, agent: agent)
    }
}
