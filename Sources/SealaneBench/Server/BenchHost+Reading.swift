import SealaneFigures
import SealaneLinux
import SealanePacket

extension BenchHost {
    /// This host.
    /// - Parameters:
    ///   - address: that it is measured at, without the tunnel.
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
