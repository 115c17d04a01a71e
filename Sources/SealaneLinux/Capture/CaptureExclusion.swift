import SealanePacket

/// Traffic that transparent mode leaves alone: it neither enters the tunnel nor is refused.
package struct CaptureExclusion: Hashable, Sendable {
    package enum Transport: String, Hashable, Sendable, CaseIterable {
        case tcp, udp, icmp
    }

    /// Which end has `port`.
    package enum Direction: String, Hashable, Sendable, CaseIterable {
        /// Connections to `port` of this host. What leaves from `port` is excluded only as an answer.
        case inbound
        /// Connections from this host to `port` of another host.
        case outbound
    }

    /// Unique among a host's exclusions, for reports: `ssh`.
    package let name: String
    /// The other hosts; nil: all.
    package let prefix: IPPrefix?
    /// Nil: all protocols.
    package let transport: Transport?
    /// Of TCP or UDP; nil: all ports.
    package let port: UInt16?
    package let direction: Direction

    package init(name: String, prefix: IPPrefix?, transport: Transport?, port: UInt16?, direction: Direction) {
        self.name = name
        self.prefix = prefix
        self.transport = transport
        self.port = port
        self.direction = direction
    }
}
