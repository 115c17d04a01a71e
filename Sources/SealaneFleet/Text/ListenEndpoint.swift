import SealanePacket

/// The address and port on which lane 0 of this host receives.
package struct ListenEndpoint: Sendable, Hashable, CustomStringConvertible {
    package let endpoint: Endpoint
    /// The interface of a link-local IPv6 address, by name (RFC 4007: its zone); nil for all others.
    package let zone: String?

    package init(endpoint: Endpoint, zone: String? = nil) {
        self.endpoint = endpoint
        self.zone = zone
    }

    /// `10.0.0.1`, `fe80::1%eth0`
    package var addressText: String { "\(endpoint.address)" + (zone.map { "%\($0)" } ?? "") }

    /// `10.0.0.1:7325`, `[fe80::1%eth0]:7325`
    package var description: String { zone == nil ? "\(endpoint)" : "[\(addressText)]:\(endpoint.port)" }
}
