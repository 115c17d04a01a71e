import SealanePacket

/// The listen address was taken from this host after it was checked.
package struct ListenAddressGone: Error, Sendable, Hashable, CustomStringConvertible {
    private let listen: Endpoint

    package init(_ listen: Endpoint) {
        self.listen = listen
    }

    package var description: String { "agent.listen \(listen): no interface of this host has this address now" }
}
