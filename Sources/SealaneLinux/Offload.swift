/// Work on many packets at once that the kernel or the network card takes over. Whatever is off, the same bytes travel.
public enum Offload: String, CaseIterable, Sendable {
    /// Packets from the TUN may come with a checksum to be finished, and travel so.
    case checksum
    /// TCP super-packets over IPv4, from the TUN and to it.
    case tso4
    /// The same over IPv6.
    case tso6
    /// UDP super-packets, from the TUN and to it, over both families.
    case uso
    /// Runs of datagrams to the socket (UDP_SEGMENT), over the family of its address.
    case gso
    /// Runs of datagrams from the socket (UDP_GRO).
    case gro

    /// For operators.
    package var summary: String {
        switch self {
        case .checksum: "leave checksums of packets unfinished on their way through the tunnel"
        case .tso4: "TCP super-packets over IPv4 on the tunnel device"
        case .tso6: "TCP super-packets over IPv6 on the tunnel device"
        case .uso: "UDP super-packets on the tunnel device"
        case .gso: "send many datagrams of the tunnel as one message"
        case .gro: "receive many datagrams of the tunnel as one message"
        }
    }
}
