import SealaneLinux

extension OverlayFilter.Scope {
    package init(_ agent: Configuration.Agent, laneCount: Int) {
        self.init(
            interface: agent.interface, addresses: agent.addresses.map { "\($0)" }, listen: SocketAddress(agent.listen),
            laneCount: laneCount)
    }
}
